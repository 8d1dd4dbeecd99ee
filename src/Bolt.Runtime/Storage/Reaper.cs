using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Bolt.Diagnostics;
using Bolt.Launch;

namespace Bolt.Storage;

/// <summary>
/// Removes what this process has made under a prefix of its own, once the process has ended, however it ends: a shim that
/// waits for the end of its standard input. It is there before the first file is.
/// </summary>
internal sealed class Reaper
{
    // The pipe must not be collected: its end is the end of this process.
    private readonly Process _shim;

    private Reaper(Process shim, string prefix) => (_shim, Prefix) = (shim, prefix);

    /// <summary>What names in the run and state folders must begin with.</summary>
    public string Prefix { get; }

    /// <summary>Its process.</summary>
    public int Pid => _shim.Id;

    public static async Task<Reaper> StartAsync(string shimPath, StoragePaths paths, IdMap ids, CancellationToken cancellation)
    {
        var prefix = $"test-{RandomNumberGenerator.GetHexString(8, lowercase: true)}-";
        var start = new ProcessStartInfo(shimPath, ["reap"]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        start.Environment.Clear();
        Process shim;
        try
        {
            shim = Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new BoltException(StorageErrors.FilesShimMissing(shimPath, e.Message), e);
        }
        await shim.StandardInput.BaseStream.WriteAsync(new ReapSheet(ids, paths.Run, paths.State, prefix).ToMessage(), cancellation).ConfigureAwait(false);
        await shim.StandardInput.BaseStream.FlushAsync(cancellation).ConfigureAwait(false);
        if (await shim.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) != "ok")
        {
            await shim.WaitForExitAsync(cancellation).ConfigureAwait(false);
            throw new BoltException(StorageErrors.FilesShimDied(shimPath, shim.ExitCode));
        }
        return new Reaper(shim, prefix);
    }
}
