using System.Collections.Immutable;

namespace Bolt.Launch;

/// <summary>What leads from a stack's network to the world and from host ports to it.</summary>
internal enum UplinkKind
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>The program pasta: needs no privilege.</summary>
    Pasta,
    /// <summary>A veth pair and nftables rules on the host.</summary>
    Veth,
}

/// <summary>A host port that the sandbox keeps bound, so that nobody else takes it while rules lead it away.</summary>
internal sealed record SandboxPort(uint Address, int Port, bool Udp);

/// <summary>A sysctl by its path below /proc/sys. Optional: a kernel without it is no failure.</summary>
internal sealed record SandboxSysctl(string Path, string Value, bool Optional);

/// <summary>
/// What nobody needs once the owner has died: the stack's run folder, with its capsules and owner.lock in it, and its state
/// folder, which goes when the stack has no folder of volumes whose data it opens. Empty: nothing.
/// </summary>
internal sealed record SandboxRemains(string RunFolder, string StateFolder, string VolumesFolder)
{
    public static readonly SandboxRemains None = new("", "", "");
}

/// <summary>
/// All that a shim needs to hold one stack's namespaces. Addresses are in network byte order, as the kernel takes them.
/// </summary>
internal sealed record SandboxSheet
{
    /// <summary>Where record, control socket, log and FIFO go; the shim's working folder.</summary>
    public required string Folder { get; init; }
    /// <summary>Lines that the shim puts before its own in the record; it does not read them.</summary>
    public required string Record { get; init; }
    /// <summary>Files in the folder that end with the sandbox.</summary>
    public required ImmutableArray<string> Files { get; init; }
    public required IdMap Ids { get; init; }
    public required IdMapWay MapWay { get; init; }

    public required string Bridge { get; init; }
    public required uint Gateway { get; init; }
    public required int PrefixLength { get; init; }
    public required int Mtu { get; init; }
    public ImmutableArray<SandboxSysctl> Sysctls { get; init; } = [];
    public required string Nft { get; init; }
    /// <summary>Empty: none are loaded.</summary>
    public required string SandboxRules { get; init; }

    public UplinkKind Uplink { get; init; }
    /// <summary>The sandbox is ready only when the uplink is; else that is made when a member wants out.</summary>
    public bool WaitForUplink { get; init; }
    /// <summary>The uplink's name inside.</summary>
    public string UplinkDevice { get; init; } = "";
    /// <summary>pasta: its path, its arguments ("{holder}" stands for the pid) and the FIFO that says it is ready.</summary>
    public string Pasta { get; init; } = "";
    public ImmutableArray<string> PastaArguments { get; init; } = [];
    public string PastaReady { get; init; } = "";
    /// <summary>veth: its name on the host, both addresses of its /30, the host's rules and what takes them away.</summary>
    public string HostDevice { get; init; } = "";
    public uint HostAddress { get; init; }
    public uint SandboxAddress { get; init; }
    public int UplinkPrefixLength { get; init; }
    public string HostRules { get; init; } = "";
    public string HostRulesEnd { get; init; } = "";
    public ImmutableArray<SandboxPort> Ports { get; init; } = [];

    public bool DieWithOwner { get; init; }
    public SandboxRemains Remains { get; init; } = SandboxRemains.None;

    public byte[] ToMessage()
    {
        var writer = new SheetWriter();
        writer.Text(Folder);
        writer.Text(Record);
        writer.Texts(Files);
        Ids.Write(writer);
        writer.Number((int)MapWay);
        writer.Text(Bridge);
        writer.Number(Gateway);
        writer.Number(PrefixLength);
        writer.Number(Mtu);
        writer.Number(Sysctls.Length);
        foreach (var sysctl in Sysctls)
        {
            writer.Text(sysctl.Path);
            writer.Text(sysctl.Value);
            writer.Flag(sysctl.Optional);
        }
        writer.Text(Nft);
        writer.Text(SandboxRules);
        WriteUplink(writer);
        writer.Flag(DieWithOwner);
        writer.Text(Remains.RunFolder);
        writer.Text(Remains.StateFolder);
        writer.Text(Remains.VolumesFolder);
        return writer.ToMessage();
    }

    public static SandboxSheet Read(SheetReader reader)
    {
        var sheet = new SandboxSheet
        {
            Folder = reader.Text(),
            Record = reader.Text(),
            Files = reader.Texts(),
            Ids = IdMap.Read(reader),
            MapWay = (IdMapWay)reader.Number(0, (int)IdMapWay.Programs),
            Bridge = reader.Text(),
            Gateway = reader.Id(),
            PrefixLength = (int)reader.Number(0, 32),
            Mtu = (int)reader.Number(68, 65535),
            Sysctls = [.. Enumerable.Range(0, reader.Count(24)).Select(_ => new SandboxSysctl(reader.Text(), reader.Text(), reader.Flag()))],
            Nft = reader.Text(),
            SandboxRules = reader.Text(),
            Uplink = (UplinkKind)reader.Number(0, (int)UplinkKind.Veth),
            WaitForUplink = reader.Flag(),
            UplinkDevice = reader.Text(),
            Pasta = reader.Text(),
            PastaArguments = reader.Texts(),
            PastaReady = reader.Text(),
            HostDevice = reader.Text(),
            HostAddress = reader.Id(),
            SandboxAddress = reader.Id(),
            UplinkPrefixLength = (int)reader.Number(0, 32),
            HostRules = reader.Text(),
            HostRulesEnd = reader.Text(),
            Ports = [.. Enumerable.Range(0, reader.Count(24)).Select(_ => new SandboxPort(reader.Id(), (int)reader.Number(1, 65535), reader.Flag()))],
            DieWithOwner = reader.Flag(),
            Remains = new SandboxRemains(reader.Text(), reader.Text(), reader.Text()),
        };
        return reader.AtEnd ? sheet : throw new InvalidDataException("sheet end");
    }

    private void WriteUplink(SheetWriter writer)
    {
        writer.Number((int)Uplink);
        writer.Flag(WaitForUplink);
        writer.Text(UplinkDevice);
        writer.Text(Pasta);
        writer.Texts(PastaArguments);
        writer.Text(PastaReady);
        writer.Text(HostDevice);
        writer.Number(HostAddress);
        writer.Number(SandboxAddress);
        writer.Number(UplinkPrefixLength);
        writer.Text(HostRules);
        writer.Text(HostRulesEnd);
        writer.Number(Ports.Length);
        foreach (var port in Ports)
        {
            writer.Number(port.Address);
            writer.Number(port.Port);
            writer.Flag(port.Udp);
        }
    }
}
