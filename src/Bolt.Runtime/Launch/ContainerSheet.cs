using System.Collections.Immutable;

namespace Bolt.Launch;

/// <summary>Inner ids from <paramref name="Inner"/> on are those of the host from <paramref name="Host"/> on.</summary>
internal readonly record struct IdRange(uint Inner, uint Host, uint Count);

/// <summary>A program that the container runs at a point of its life, with its state on standard input.</summary>
/// <param name="StateHead">What stands before the container's pid in the state's JSON; <paramref name="StateTail"/> follows it.</param>
/// <param name="TimeoutSeconds">0: it may take as long as it likes.</param>
internal sealed record ContainerHook(
    string Path, ImmutableArray<string> Arguments, ImmutableArray<string> Environment, string StateHead, string StateTail, int TimeoutSeconds);

/// <summary>
/// An OCI container, or a process in a running one, as steps. There is no monitor: the launcher ends, and the container
/// belongs to whoever is the next subreaper above.
/// </summary>
internal sealed record ContainerSheet
{
    /// <summary>The steps. Beside is walked by the process that joins namespaces and forks the init; empty: there is none.</summary>
    public required CapsuleSheet Steps { get; init; }
    public ImmutableArray<IdRange> Uids { get; init; } = [];
    public ImmutableArray<IdRange> Gids { get; init; } = [];
    /// <summary>An ordinary user maps his own gid, for which setgroups must be denied first.</summary>
    public bool DenyGroups { get; init; }
    public ImmutableArray<ContainerHook> Hooks { get; init; } = [];
    /// <summary>A process in a running container: nothing of its own is made.</summary>
    public bool Exec { get; init; }
    public ushort Columns { get; init; }
    public ushort Rows { get; init; }
    /// <summary>How many descriptors from 3 on the command gets.</summary>
    public int Preserved { get; init; }

    public byte[] ToMessage()
    {
        var writer = new SheetWriter();
        Ranges(writer, Uids);
        Ranges(writer, Gids);
        writer.Flag(DenyGroups);
        writer.Number(Hooks.Length);
        foreach (var hook in Hooks)
        {
            writer.Text(hook.Path);
            writer.Texts(hook.Arguments);
            writer.Texts(hook.Environment);
            writer.Text(hook.StateHead);
            writer.Text(hook.StateTail);
            writer.Number(hook.TimeoutSeconds);
        }
        writer.Flag(Exec);
        writer.Number(Columns);
        writer.Number(Rows);
        writer.Number(Preserved);
        Steps.Write(writer);
        return writer.ToMessage();
    }

    // Initialisers run in the order that they are written, which is the order of ToMessage.
    public static ContainerSheet Read(SheetReader reader) => new()
    {
        Uids = Ranges(reader),
        Gids = Ranges(reader),
        DenyGroups = reader.Flag(),
        Hooks = ReadHooks(reader),
        Exec = reader.Flag(),
        Columns = (ushort)reader.Number(0, ushort.MaxValue),
        Rows = (ushort)reader.Number(0, ushort.MaxValue),
        Preserved = (int)reader.Number(0, 1024),
        Steps = CapsuleSheet.Read(reader),
    };

    private static void Ranges(SheetWriter writer, ImmutableArray<IdRange> ranges)
    {
        writer.Number(ranges.Length);
        foreach (var range in ranges)
        {
            writer.Number(range.Inner);
            writer.Number(range.Host);
            writer.Number(range.Count);
        }
    }

    private static ImmutableArray<IdRange> Ranges(SheetReader reader)
    {
        var ranges = ImmutableArray.CreateBuilder<IdRange>(reader.Count(24));
        while (ranges.Count < ranges.Capacity)
            ranges.Add(new IdRange(Id(reader), Id(reader), Id(reader)));
        return ranges.MoveToImmutable();
    }

    private static uint Id(SheetReader reader) => (uint)reader.Number(0, uint.MaxValue);

    private static ImmutableArray<ContainerHook> ReadHooks(SheetReader reader)
    {
        var hooks = ImmutableArray.CreateBuilder<ContainerHook>(reader.Count(48));
        while (hooks.Count < hooks.Capacity)
            hooks.Add(new ContainerHook(
                reader.Text(), reader.Texts(), reader.Texts(), reader.Text(), reader.Text(), (int)reader.Number(0, int.MaxValue)));
        return hooks.MoveToImmutable();
    }
}
