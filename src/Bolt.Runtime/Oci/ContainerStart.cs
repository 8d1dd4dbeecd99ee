using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>Hands a sheet to a bolt-shim and listens to what it says until it ends.</summary>
internal sealed class ContainerStart(string id, string shimPath)
{
    private const int AnswerBytes = 64 << 10;

    /// <summary>Called with the pid when the host's hooks are due.</summary>
    public Action<int>? OnHooks { get; init; }
    /// <summary>Called with the launcher's pid before it does anything; what it is in by then, its children are born in.</summary>
    public Action<int>? OnLauncher { get; init; }
    /// <summary>The master of the terminal.</summary>
    public Action<Fd>? OnTerminal { get; init; }
    /// <summary>The listener of a seccomp filter.</summary>
    public Action<Fd>? OnListener { get; init; }
    /// <summary>Nothing that gets at the shim's executable can change the host's.</summary>
    public bool Unwritable { get; init; }

    /// <summary>The pid of the process that was made; the shim has ended.</summary>
    public int Run(ContainerSheet sheet)
    {
        using var file = Descriptors.Memory("sheet", sheet.ToMessage(), out var error)
            ?? throw new BoltException(OciErrors.Socket("order sheet", "memfd", error));
        var pair = Descriptors.Pair(out error) ?? throw new BoltException(OciErrors.Socket("control socket", "socketpair", error));
        using var mine = pair.Mine;
        var shim = Start(file, pair.Child, sheet.Preserved);
        pair.Child.Dispose();
        try
        {
            if (OnLauncher is not null)
            {
                OnLauncher(shim);
                _ = mine.TrySend([1]);
            }
            var report = Listen(mine, sheet.Exec);
            if (report is null)
                throw new BoltException(OciErrors.ShimDied(id));
            return report.Ok ? report.Pid : throw new BoltException(OciErrors.StepFailed(id, report.Step, report.Argument, report.Errno));
        }
        finally
        {
            // Its end of the socket is closed first, so that it does not wait for an answer.
            mine.Dispose();
            _ = Spawn.Wait(shim);
        }
    }

    private int Start(Fd sheet, Fd control, int preserved)
    {
        using var copy = Unwritable ? Descriptors.Unwritable(shimPath, out var error) ?? throw new BoltException(OciErrors.NoShim(shimPath, error.Text())) : null;
        // Above what the container is given, which may not be open here.
        using var sheetAbove = Descriptors.Above(sheet, 3 + preserved);
        using var controlAbove = Descriptors.Above(control, 3 + preserved);
        var program = copy is null ? shimPath : "/proc/self/fd/" + Text(copy.Number);
        var pid = Spawn.Program(program, ["bolt-shim", "container", Text(sheetAbove.Number), Text(controlAbove.Number), .. OnLauncher is null ? (ReadOnlySpan<string>)[] : ["wait"]], [],
            [(sheetAbove.Number, sheetAbove.Number), (controlAbove.Number, controlAbove.Number)], out var refused);
        return pid != 0 ? pid : throw new BoltException(OciErrors.NoShim(shimPath, refused.Text()));
    }

    private ShimReport? Listen(PacketSocket socket, bool exec)
    {
        var packet = new byte[AnswerBytes];
        while (true)
        {
            var descriptors = new List<Fd>();
            _ = socket.WaitReadable(Timeout.InfiniteTimeSpan);
            if (socket.TryReceive(packet, descriptors, out var length) == Errno.EAGAIN)
                continue;
            if (length < 8)
                return null;
            var report = ShimReport.Read(new SheetReader(packet.AsMemory(8, length - 8)));
            if (!report.Ok || report.Step is not ("hooks" or "terminal" or "listener"))
                return report;
            if (report.Step == "hooks")
            {
                OnHooks?.Invoke(report.Pid);
                _ = socket.TrySend([1]);
            }
            foreach (var descriptor in descriptors)
            {
                using (descriptor)
                    (report.Step == "terminal" ? OnTerminal : OnListener)?.Invoke(descriptor);
            }
            if (exec && report.Step == "terminal")
                _ = socket.TrySend([1]);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
