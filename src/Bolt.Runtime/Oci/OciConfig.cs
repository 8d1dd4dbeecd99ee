using System.Text.Json;
namespace Bolt.Oci;

/// <summary>config.json of OCI runtime-spec 1.2 (config.md). What is missing is null; what is unknown is left out, as the spec asks.</summary>
internal sealed record OciConfig
{
    public string? OciVersion { get; init; }
    public OciRoot? Root { get; init; }
    public IReadOnlyList<OciMount>? Mounts { get; init; }
    public OciProcess? Process { get; init; }
    public string? Hostname { get; init; }
    public string? Domainname { get; init; }
    public OciHooks? Hooks { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
    public OciLinux? Linux { get; init; }
}

internal sealed record OciRoot(string? Path, bool Readonly);

internal sealed record OciMount
{
    public string? Destination { get; init; }
    public string? Type { get; init; }
    public string? Source { get; init; }
    public IReadOnlyList<string>? Options { get; init; }
    public IReadOnlyList<OciIdMapping>? UidMappings { get; init; }
    public IReadOnlyList<OciIdMapping>? GidMappings { get; init; }
}

internal sealed record OciIdMapping(
    uint ContainerId,
    uint HostId,
    uint Size);

internal sealed record OciProcess
{
    public bool Terminal { get; init; }
    public OciConsoleSize? ConsoleSize { get; init; }
    public string? Cwd { get; init; }
    public IReadOnlyList<string>? Env { get; init; }
    public IReadOnlyList<string>? Args { get; init; }
    public OciUser? User { get; init; }
    public IReadOnlyList<OciLimit>? Rlimits { get; init; }
    public string? ApparmorProfile { get; init; }
    public OciCapabilities? Capabilities { get; init; }
    public bool NoNewPrivileges { get; init; }
    public int? OomScoreAdj { get; init; }
    public OciScheduler? Scheduler { get; init; }
    public string? SelinuxLabel { get; init; }
    public OciIoPriority? IoPriority { get; init; }
    public OciAffinity? ExecCpuAffinity { get; init; }
}

internal sealed record OciConsoleSize(uint Height, uint Width);

internal sealed record OciUser
{
    public uint Uid { get; init; }
    public uint Gid { get; init; }
    public uint? Umask { get; init; }
    public IReadOnlyList<uint>? AdditionalGids { get; init; }
}

internal sealed record OciLimit(string? Type, ulong Soft, ulong Hard);

internal sealed record OciCapabilities
{
    public IReadOnlyList<string>? Effective { get; init; }
    public IReadOnlyList<string>? Bounding { get; init; }
    public IReadOnlyList<string>? Inheritable { get; init; }
    public IReadOnlyList<string>? Permitted { get; init; }
    public IReadOnlyList<string>? Ambient { get; init; }
}

internal sealed record OciScheduler
{
    public string? Policy { get; init; }
    public int Nice { get; init; }
    public int Priority { get; init; }
    public IReadOnlyList<string>? Flags { get; init; }
    public long Runtime { get; init; }
    public long Deadline { get; init; }
    public long Period { get; init; }
}

internal sealed record OciIoPriority(string? Kind, int Priority);

internal sealed record OciAffinity(string? Initial, string? Final);

internal sealed record OciHooks
{
    public IReadOnlyList<OciHook>? Prestart { get; init; }
    public IReadOnlyList<OciHook>? CreateRuntime { get; init; }
    public IReadOnlyList<OciHook>? CreateContainer { get; init; }
    public IReadOnlyList<OciHook>? StartContainer { get; init; }
    public IReadOnlyList<OciHook>? Poststart { get; init; }
    public IReadOnlyList<OciHook>? Poststop { get; init; }
}

internal sealed record OciHook
{
    public string? Path { get; init; }
    public IReadOnlyList<string>? Args { get; init; }
    public IReadOnlyList<string>? Env { get; init; }
    public int? Timeout { get; init; }
}

internal sealed record OciLinux
{
    public IReadOnlyList<OciNamespace>? Namespaces { get; init; }
    public IReadOnlyList<OciIdMapping>? UidMappings { get; init; }
    public IReadOnlyList<OciIdMapping>? GidMappings { get; init; }
    public IReadOnlyDictionary<string, OciTimeOffset>? TimeOffsets { get; init; }
    public IReadOnlyList<OciDevice>? Devices { get; init; }
    public string? CgroupsPath { get; init; }
    public OciResources? Resources { get; init; }
    public JsonElement? IntelRdt { get; init; }
    public JsonElement? NetDevices { get; init; }
    public JsonElement? MemoryPolicy { get; init; }
    public IReadOnlyDictionary<string, string>? Sysctl { get; init; }
    public OciSeccomp? Seccomp { get; init; }
    public string? RootfsPropagation { get; init; }
    public IReadOnlyList<string>? MaskedPaths { get; init; }
    public IReadOnlyList<string>? ReadonlyPaths { get; init; }
    public string? MountLabel { get; init; }
    public OciPersonality? Personality { get; init; }
}

internal sealed record OciNamespace(string? Type, string? Path);

internal sealed record OciTimeOffset(long Secs, uint Nanosecs);

internal sealed record OciDevice
{
    public string? Type { get; init; }
    public string? Path { get; init; }
    public long Major { get; init; }
    public long Minor { get; init; }
    public uint? FileMode { get; init; }
    public uint? Uid { get; init; }
    public uint? Gid { get; init; }
}

internal sealed record OciPersonality(string? Domain, IReadOnlyList<string>? Flags);

internal sealed record OciSeccomp
{
    public string? DefaultAction { get; init; }
    public uint? DefaultErrnoRet { get; init; }
    public IReadOnlyList<string>? Architectures { get; init; }
    public IReadOnlyList<string>? Flags { get; init; }
    public string? ListenerPath { get; init; }
    public string? ListenerMetadata { get; init; }
    public IReadOnlyList<OciSyscall>? Syscalls { get; init; }
}

internal sealed record OciSyscall
{
    public IReadOnlyList<string>? Names { get; init; }
    public string? Action { get; init; }
    public uint? ErrnoRet { get; init; }
    public IReadOnlyList<OciSyscallArgument>? Args { get; init; }
}

internal sealed record OciSyscallArgument(uint Index, ulong Value, ulong ValueTwo, string? Op);
