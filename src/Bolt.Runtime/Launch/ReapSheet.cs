namespace Bolt.Launch;

/// <summary>
/// What goes when an owner has gone: all whose names begin with <paramref name="Prefix"/> in the stacks of the run folder,
/// and in ephemeral/, volumes/ and stacks/ of the state folder.
/// </summary>
internal sealed record ReapSheet(IdMap Ids, string RunFolder, string StateFolder, string Prefix)
{
    public byte[] ToMessage()
    {
        var writer = new SheetWriter();
        foreach (var id in (ReadOnlySpan<uint>)[Ids.HostUid, Ids.HostGid, Ids.SubUid, Ids.SubGid, Ids.Count])
            writer.Number(id);
        writer.Text(RunFolder);
        writer.Text(StateFolder);
        writer.Text(Prefix);
        return writer.ToMessage();
    }

    // Arguments are evaluated in the order that they are written, which is the order of ToMessage.
    public static ReapSheet Read(SheetReader reader) => new(
        new IdMap(Id(reader), Id(reader), Id(reader), Id(reader), Id(reader)), reader.Text(), reader.Text(), reader.Text());

    private static uint Id(SheetReader reader) => (uint)reader.Number(0, uint.MaxValue);
}
