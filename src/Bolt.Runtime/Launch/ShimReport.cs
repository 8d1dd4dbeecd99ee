using Bolt.Kernel;

namespace Bolt.Launch;

/// <summary>The one answer of a shim on its standard output: the pid that it started (0 when it has none), or what failed.</summary>
internal sealed record ShimReport(int Pid, string Step, string Argument, Errno Errno)
{
    public static ShimReport Success(int pid = 0) => new(pid, "", "", Errno.None);

    public bool Ok => Errno == Errno.None;

    public byte[] ToMessage()
    {
        var writer = new SheetWriter();
        writer.Number(Pid);
        writer.Text(Step);
        writer.Text(Argument);
        writer.Number((int)Errno);
        return writer.ToMessage();
    }

    public static ShimReport Read(SheetReader reader) =>
        new((int)reader.Number(0, int.MaxValue), reader.Text(), reader.Text(), (Errno)reader.Number(0, 4095));
}
