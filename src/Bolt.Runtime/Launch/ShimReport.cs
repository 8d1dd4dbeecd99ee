using System.Collections.Immutable;
using Bolt.Kernel;

namespace Bolt.Launch;

/// <summary>The one answer of a shim on its standard output: the pid that it started (0 when it has none), or what failed.</summary>
internal sealed record ShimReport(int Pid, string Step, string Argument, Errno Errno)
{
    /// <summary>Steps that failed and may.</summary>
    public ImmutableArray<(string Argument, Errno Errno)> Skipped { get; init; } = [];

    public static ShimReport Success(int pid = 0) => new(pid, "", "", Errno.None);

    public bool Ok => Errno == Errno.None;

    public byte[] ToMessage()
    {
        var writer = new SheetWriter();
        writer.Number(Pid);
        writer.Text(Step);
        writer.Text(Argument);
        writer.Number((int)Errno);
        writer.Number(Skipped.Length);
        foreach (var (argument, errno) in Skipped)
        {
            writer.Text(argument);
            writer.Number((int)errno);
        }
        return writer.ToMessage();
    }

    // Arguments are read in the order that they are written, which is the order of ToMessage.
    public static ShimReport Read(SheetReader reader) =>
        new((int)reader.Number(0, int.MaxValue), reader.Text(), reader.Text(), (Errno)reader.Number(0, 4095)) { Skipped = ReadSkipped(reader) };

    private static ImmutableArray<(string Argument, Errno Errno)> ReadSkipped(SheetReader reader)
    {
        var skipped = ImmutableArray.CreateBuilder<(string, Errno)>(reader.Count(16));
        while (skipped.Count < skipped.Capacity)
            skipped.Add((reader.Text(), (Errno)reader.Number(0, 4095)));
        return skipped.MoveToImmutable();
    }
}
