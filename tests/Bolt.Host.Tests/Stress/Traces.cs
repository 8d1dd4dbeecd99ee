using Bolt.Kernel;

namespace Bolt.Host.Tests.Stress;

/// <summary>
/// What the kernel and the disk still have of capsules that are known by a folder and by a mark in their environment and names:
/// others may work on the same machine meanwhile.
/// </summary>
internal sealed class Traces(string folder, string mark)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Fails with what is left once the ends that are under way have had their time.</summary>
    public async Task AssertNoneAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        string[] left;
        while ((left = [.. All()]).Length > 0 && TimeProvider.System.GetElapsedTime(since) < Patience)
            await AwaitFirstAsync();
        Assert.True(left.Length == 0, $"left behind:\n{string.Join('\n', left)}");
    }

    private IEnumerable<string> All() =>
    [
        .. Processes().Select(p => $"process {p.Pid} {p.Name}, parent {p.Parent}, state {p.State}"),
        // Mounts of capsules are in namespaces of their own; the network namespaces of stacks are processes', and nowhere bound.
        .. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(folder, StringComparison.Ordinal)).Select(line => "mount " + line),
        .. Directory.EnumerateDirectories("/sys/fs/cgroup", "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
            .Where(path => path.Contains(mark, StringComparison.Ordinal)).Select(path => "cgroup " + path),
        .. Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "")
            .Where(target => target.Contains(mark, StringComparison.Ordinal)).Select(target => "descriptor " + target),
        .. Namespaces().Select(n => "network namespace " + n),
    ];

    // A dead orphan stays a zombie until pid 1 looks at it.
    private IEnumerable<ObservedProcess> Processes() => ProcessTable.Read().Where(p => !p.Ended && p.Pid != Environment.ProcessId && IsOurs(p.Pid));

    private bool IsOurs(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true
                || File.ReadAllText($"/proc/{pid}/environ").Contains(mark, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private IEnumerable<string> Namespaces() => Directory.Exists("/run/netns")
        ? Directory.EnumerateFiles("/run/netns").Where(name => name.Contains(mark, StringComparison.Ordinal))
        : [];

    private async Task AwaitFirstAsync()
    {
        using var first = Processes().Select(p => Pidfd.Open(p.Pid)).FirstOrDefault(fd => fd is not null);
        if (first is null)
        {
            await Task.Yield();
            return;
        }
        using var limit = new CancellationTokenSource(Patience);
        await FdEvents.ReadableAsync(first.Number, limit.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
