using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>
/// Starts a shim with its order sheet on standard input. The pipe stays open in this process for a capsule that dies with
/// its owner: the kernel closes it when this process ends, however it ends.
/// </summary>
internal static class CapsuleStart
{
    /// <summary>Mapped ids must be able to pass through the capsule's folder; its files are the owner's alone.</summary>
    private const UnixFileMode FolderMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Owners' pipes of running shims: closing one, or forgetting it to the collector, would kill its capsule.</summary>
    private static readonly HashSet<Process> Owned = [];

    /// <summary>The pid of its init, and which limits of best effort it does not have.</summary>
    public static async Task<(int Pid, ImmutableArray<Diagnostic> Warnings)> RunAsync(string shimPath, CapsuleSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        PrepareFolder(spec.Folder);
        var shim = Start(shimPath, spec);
        try
        {
            var host = await EnterScopeAsync(ObservedHost.Read().WithDevices(spec.Limits), spec, shim.Id, cancellationToken).ConfigureAwait(false);
            var plan = CapsuleLaunch.Plan(spec, host);
            if (!plan.Ok)
                throw new BoltException(plan.Diagnostics.First(d => d.Severity == Severity.Error));
            CgroupNote.Write(spec.Folder, plan.Value!.Cgroups);
            var message = plan.Value.ToMessage();
            var report = await TalkAsync(shim, message, spec.DieWithOwner, cancellationToken).ConfigureAwait(false);
            if (report is null)
                throw new BoltException(CapsuleErrors.ShimDied(spec.Id));
            if (!report.Ok)
                throw new BoltException(CapsuleErrors.StartFailed(spec.Id, report));
            Keep(shim, spec.DieWithOwner);
            return (report.Pid, [.. plan.Diagnostics, .. report.Skipped.Select(step => CapsuleErrors.LimitSkipped(spec.Id, step.Argument, step.Errno))]);
        }
        catch
        {
            await EndAsync(shim).ConfigureAwait(false);
            CgroupNote.RemoveAll(spec.Folder);
            throw;
        }
    }

    private static async Task<ObservedHost> EnterScopeAsync(ObservedHost host, CapsuleSpec spec, int shim, CancellationToken cancellationToken)
    {
        if (host.Bus is null || !spec.Limits.Any)
            return host;
        try
        {
            return host.InScope(await SystemdScope.EnterAsync(host.Bus, shim, spec.Id, cancellationToken).ConfigureAwait(false));
        }
        catch (BoltException) when (spec.Limits.BestEffort)
        {
            return host;
        }
    }

    private static void PrepareFolder(string folder)
    {
        try
        {
            if (OperatingSystem.IsLinux())
                Directory.CreateDirectory(folder, FolderMode);
            File.Delete(Path.Combine(folder, ExitRecord.FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(CapsuleErrors.FolderFailed(folder, e.Message), e);
        }
    }

    private static Process Start(string shimPath, CapsuleSpec spec)
    {
        var start = new ProcessStartInfo(shimPath, ["capsule"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = spec.Folder,
        };
        // Variables of this process are no business of the capsule's monitor, and some would change its runtime.
        start.Environment.Clear();
        try
        {
            // A child has the processors of the thread that starts it.
            using var pin = spec.OneProcessor ? new ProcessorPin() : null;
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new BoltException(CapsuleErrors.ShimMissing(shimPath, e.Message), e);
        }
    }

    private static async Task<ShimReport?> TalkAsync(Process shim, byte[] message, bool dieWithOwner, CancellationToken cancellationToken)
    {
        try
        {
            await shim.StandardInput.BaseStream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            if (!dieWithOwner)
                shim.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read all; its answer or its absence says why.
        }
        var answer = ShimAnswer.ReadAsync(shim.StandardOutput.BaseStream, CancellationToken.None);
        return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Keep(Process shim, bool dieWithOwner)
    {
        shim.StandardOutput.Close();
        if (!dieWithOwner)
        {
            shim.Dispose();
            return;
        }
        lock (Owned)
            Owned.Add(shim);
        _ = ForgetAtEndAsync(shim);
    }

    private static async Task ForgetAtEndAsync(Process shim)
    {
        await shim.WaitForExitAsync().ConfigureAwait(false);
        lock (Owned)
            Owned.Remove(shim);
        shim.Dispose();
    }

    private static async Task EndAsync(Process shim)
    {
        using (shim)
        {
            try
            {
                // Its capsule, if there is one by now, dies with it.
                shim.Kill();
            }
            catch (InvalidOperationException)
            {
                // It has ended by itself.
            }
            await shim.WaitForExitAsync().ConfigureAwait(false);
        }
    }
}
