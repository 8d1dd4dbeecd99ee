using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Bolt.Diagnostics;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>Starts the shim in sandbox mode and waits for its word.</summary>
internal static class SandboxProcess
{
    /// <summary>The holder's pid. A sandbox that dies with this process is put into <paramref name="owned"/> by its folder.</summary>
    public static async Task<int> StartAsync(
        string shimPath, SandboxSheet sheet, NetworkSpec spec, ConcurrentDictionary<string, Process> owned, CancellationToken cancel)
    {
        var process = Start(shimPath);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(sheet.ToMessage(), cancel).ConfigureAwait(false);
            await process.StandardInput.BaseStream.FlushAsync(cancel).ConfigureAwait(false);
            var line = await process.StandardOutput.ReadLineAsync(cancel).ConfigureAwait(false);
            if (SandboxReport.Holder(line) is not { } holder)
            {
                var failure = SandboxReport.Failure(line, spec);
                await process.WaitForExitAsync(cancel).ConfigureAwait(false);
                throw new BoltException(failure);
            }
            if (spec.DieWithOwner) owned[spec.Folder] = process;
            else process.Dispose();
            return holder;
        }
        catch (Exception e)
        {
            if (e is OperationCanceledException)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
            process.Dispose();
            if (NetworkRecord.Read(spec.Folder) is { } record) NetworkDebris.Remove(spec.Folder, record);
            else NetworkDebris.RemoveFiles(spec.Folder);
            if (e is IOException) throw new BoltException(NetworkErrors.SandboxEnded(null), e);
            throw;
        }
    }

    private static Process Start(string shimPath)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(shimPath, ["sandbox"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception e)
        {
            throw new BoltException(NetworkErrors.BadShim(shimPath, e.Message), e);
        }
    }
}
