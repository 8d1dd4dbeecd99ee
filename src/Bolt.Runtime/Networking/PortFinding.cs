namespace Bolt.Networking;

/// <summary>What a host port is, asked before anything is started.</summary>
internal abstract record PortFinding
{
    private PortFinding() { }
    /// <summary>It can be bound now. <paramref name="Port"/> is the asked one, or a free one when 0 was asked.</summary>
    public sealed record Free(int Port) : PortFinding;
    /// <summary>Someone has it. <paramref name="Holder"/> is "name (pid 123)" when /proc shows it to this user.</summary>
    public sealed record InUse(string? Holder) : PortFinding;
    /// <summary>The kernel denies it to this user: below net.ipv4.ip_unprivileged_port_start, given here.</summary>
    public sealed record Denied(int FirstAllowed) : PortFinding;
    /// <summary>The address is none of this host.</summary>
    public sealed record NoSuchAddress : PortFinding;
}
