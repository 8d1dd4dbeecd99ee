namespace Bolt.Launch;

/// <summary>
/// How the ids inside map to ids of the host (user_namespaces(7)). All stacks of one user share one map, so an image is
/// unpacked once: ordinary users map 0 to themselves and 1..Count to their subordinate range; root maps 0..65535 to a
/// high range that no login user owns; a user without subordinate ids has <see cref="Single"/>: only id 0 exists.
/// </summary>
/// <param name="HostUid">Host uid of inner uid 0.</param>
/// <param name="HostGid">Host gid of inner gid 0.</param>
/// <param name="SubUid">Host uid of inner uid 1; 0 when single.</param>
/// <param name="SubGid">Host gid of inner gid 1; 0 when single.</param>
/// <param name="Count">How many inner ids above 0 are mapped; 0 when single.</param>
internal sealed partial record IdMap(uint HostUid, uint HostGid, uint SubUid, uint SubGid, uint Count)
{
    /// <summary>Only inner id 0 exists.</summary>
    public bool Single => Count == 0;

    public void Write(SheetWriter writer)
    {
        foreach (var id in (ReadOnlySpan<uint>)[HostUid, HostGid, SubUid, SubGid, Count])
            writer.Number(id);
    }

    public static IdMap Read(SheetReader reader) => new(reader.Id(), reader.Id(), reader.Id(), reader.Id(), reader.Id());
}
