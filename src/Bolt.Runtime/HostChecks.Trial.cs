using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt;

internal sealed partial class HostChecks
{
    /// <summary>Runs bolt-shim inside a capsule of its own: namespaces, id map, overlay, mounts and filter, all for real.</summary>
    public async Task<HostCheck> TrialAsync(CancellationToken cancellation)
    {
        const string name = "trial capsule";
        if (ShimLocation.Find(options.ShimPath) is not { } shim)
        {
            return new HostCheck(name, "not run", HostErrors.NoShim());
        }
        var folder = Path.Combine(options.RunFolder, $"doctor-{Guid.NewGuid():N}"[..15]);
        var files = new MappedFiles(shim, IdMap.OfCurrentUser());
        try
        {
            var exit = await RunAsync(shim, folder, files.Ids, cancellation).ConfigureAwait(false);
            return exit.ShellCode == 0
                ? new HostCheck(name, "ran: user namespace, id map, overlay, seccomp", null)
                : new HostCheck(name, "failed", HostErrors.NoTrial(new Diagnostic("BOLT9116", Severity.Error, $"it ended with code {exit.ShellCode}")));
        }
        catch (BoltException failure)
        {
            return new HostCheck(name, "failed", HostErrors.NoTrial(failure.Diagnostic));
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                await files.DeleteTreeAsync(folder, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static async Task<CapsuleExit> RunAsync(string shim, string folder, IdMap ids, CancellationToken cancellation)
    {
        var tree = Path.Combine(folder, "tree");
        Directory.CreateDirectory(tree);
        var copy = Path.Combine(tree, "bolt-shim");
        File.Copy(shim, copy);
        // NuGet leaves 0744, and root inside is another user than the file's owner.
        File.SetUnixFileMode(copy, (UnixFileMode)0b111_101_101);
        var capsule = await Capsule.StartAsync(shim, new CapsuleSpec
        {
            Id = Path.GetFileName(folder),
            Folder = Path.Combine(folder, "capsule"),
            Ids = ids,
            Layers = [tree],
            Command = ["/bolt-shim", "version"],
            Hostname = "doctor",
            DieWithOwner = true,
        }, cancellation).ConfigureAwait(false);
        return await capsule.WaitAsync(cancellation).ConfigureAwait(false);
    }
}
