using System.Collections.Immutable;
using System.Net;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>A Boltfile with nothing left open: defaults filled, names resolved, addresses given out, one hash per service.</summary>
internal sealed partial record Stack
{
    public required StackName Name { get; init; }
    public required string Project { get; init; }
    /// <summary>Absolute; empty for `bolt run`.</summary>
    public required string Boltfile { get; init; }
    /// <summary>Absolute; relative paths of the file start here.</summary>
    public required string Folder { get; init; }
    public bool StrictPorts { get; init; }
    public required IPNetwork Subnet { get; init; }
    /// <summary>In Boltfile order.</summary>
    public required ImmutableArray<StackService> Services { get; init; }
    /// <summary>All volumes that a service mounts.</summary>
    public ImmutableArray<VolumeTable> Volumes { get; init; } = [];
    /// <summary>Changes when names, members or published ports do.</summary>
    public required string NetworkHash { get; init; }

    public StackService this[string name] => Services.First(s => s.Name == name);

    /// <summary>The services named and all that they depend on, each after those; empty names mean all.</summary>
    public ImmutableArray<StackService> InStartOrder(ImmutableArray<string> names)
    {
        var order = ImmutableArray.CreateBuilder<StackService>();
        var seen = new HashSet<string>();
        void Visit(StackService service)
        {
            if (!seen.Add(service.Name)) return;
            foreach (var needed in service.DependsOn) Visit(this[needed]);
            order.Add(service);
        }
        foreach (var service in Services.Where(s => names.IsEmpty || names.Contains(s.Name))) Visit(service);
        return order.ToImmutable();
    }
}

/// <summary>One service, resolved. <paramref name="Wanted"/> keeps what needs no resolving.</summary>
internal sealed record StackService(
    Service Wanted,
    IPAddress Address,
    ImmutableArray<string> DependsOn,
    ImmutableSortedDictionary<string, EnvValue> Env,
    ImmutableArray<ServiceMount> Mounts,
    string? StorageVolume,
    string Hash)
{
    public string Name => Wanted.Name;
    public string Source => Wanted.Source switch
    {
        ServiceSource.Image image => image.Reference,
        ServiceSource.Build build => build.Context,
        ServiceSource.Capsule capsule => capsule.Recipe,
        _ => throw new InvalidOperationException("not a source"),
    };
}

/// <summary>The value of an environment variable. An address stays a reference until the other service's image is known.</summary>
internal abstract record EnvValue
{
    public sealed record Text(string Value) : EnvValue;
    /// <summary><c>bolt://SERVICE</c>: its connection URL, with user and password.</summary>
    public sealed record UrlOf(string Service) : EnvValue;
}

/// <summary>A mount with its place on the host known.</summary>
internal abstract record ServiceMount(string Target, bool ReadOnly)
{
    /// <summary>Source is absolute.</summary>
    public sealed record Bind(string Source, string Target, bool ReadOnly) : ServiceMount(Target, ReadOnly);
    public sealed record Volume(string Name, string Target, bool ReadOnly) : ServiceMount(Target, ReadOnly);
}

/// <summary>What resolving needs besides the text. Known addresses are kept, so a stack that grows does not renumber.</summary>
internal sealed record StackInputs(IPNetwork Subnet, ImmutableDictionary<string, IPAddress> KnownAddresses);
