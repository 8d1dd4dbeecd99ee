namespace Bolt.Launch;

/// <summary>What the sandbox was doing when it failed; Networking makes the sentence.</summary>
internal enum SandboxStep
{
    None,
    /// <summary>The sheet could not be read.</summary>
    Sheet,
    /// <summary>Folder, control socket, log or record.</summary>
    Files,
    /// <summary>clone(2) with new user and network namespaces.</summary>
    Namespaces,
    /// <summary>uid_map and gid_map, or newuidmap and newgidmap.</summary>
    IdMap,
    /// <summary>Becoming inner root.</summary>
    Ids,
    /// <summary>Loopback, bridge and its address.</summary>
    Bridge,
    /// <summary>A sysctl of the network namespace.</summary>
    Sysctl,
    /// <summary>Port 53 of the gateway.</summary>
    Resolver,
    /// <summary>nft inside; the number is its exit code.</summary>
    Rules,
    /// <summary>A host port could not be kept; the number after the errno is its place in the list.</summary>
    Port,
    /// <summary>veth pair, its addresses or pasta; for pasta the number is its exit code.</summary>
    Uplink,
    /// <summary>nft on the host; the number is its exit code.</summary>
    HostRules,
    /// <summary>The holder of the namespaces ended.</summary>
    Holder,
}
