using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Networking;

namespace Bolt.Surge;

internal sealed partial record Stack
{
    private const string Reference = "bolt://";

    public static Checked<Stack> Resolve(Boltfile boltfile, StackInputs inputs) =>
        Resolve(boltfile, inputs, StackName.Of(boltfile), Path.GetFullPath(boltfile.Path));

    /// <summary>Pure: reads no disk, no clock and no environment.</summary>
    /// <param name="once">A `run`: there will never be another wish to compare this one with.</param>
    public static Checked<Stack> Resolve(Boltfile boltfile, StackInputs inputs, StackName name, string absolutePath, bool once = false)
    {
        var problems = ImmutableArray.CreateBuilder<Diagnostic>();
        var names = boltfile.Services.Select(s => s.Name).ToHashSet();
        var depends = boltfile.Services.ToDictionary(s => s.Name, s => DependenciesOf(s, names, boltfile, problems));
        FindCycle(boltfile, depends, problems);
        var subnet = SubnetOf(boltfile, inputs);
        var addresses = Addresses(boltfile, subnet, inputs, problems);
        if (problems.Any(p => p.Severity == Severity.Error)) return new Checked<Stack>(null, problems.ToImmutable());

        var folder = Path.GetDirectoryName(absolutePath)!;
        var services = boltfile.Services.Select(s => Service(s, boltfile, folder, addresses[s.Name], depends[s.Name], once)).ToImmutableArray();
        return new Checked<Stack>(new Stack
        {
            Name = name,
            Project = boltfile.Project,
            Boltfile = absolutePath,
            Folder = folder,
            StrictPorts = boltfile.StrictPorts,
            Subnet = subnet,
            Services = services,
            Volumes = VolumesOf(services, boltfile),
            NetworkHash = Hash(NetworkText(services)),
        }, problems.ToImmutable());
    }

    private static StackService Service(Service wanted, Boltfile file, string folder, IPAddress address, ImmutableArray<string> depends, bool once)
    {
        var env = wanted.Env.ToImmutableSortedDictionary(e => e.Key, e => Value(e.Value));
        var storage = wanted.Storage is null ? null : wanted.Name;
        var mounts = wanted.Volumes.Select(m => Mount(m, folder)).ToImmutableArray();
        // Whoever is named by a bolt:// value hands over its user and password: a change there is a change here.
        var lent = string.Concat(env.Values.OfType<EnvValue.UrlOf>()
            .Select(u => file.Services.First(s => s.Name == u.Service))
            .Select(s => $"{s.Name} {s.Auth?.User} {s.Auth?.Password}\n"));
        var text = (once ? "" : JsonSerializer.Serialize(wanted, StackJsonShapes.Default.Service)) + lent + address + string.Concat(mounts);
        return new StackService(wanted, address, depends, env, mounts, storage, Hash(text));
    }

    private static EnvValue Value(string text) =>
        text.StartsWith(Reference, StringComparison.Ordinal) ? new EnvValue.UrlOf(text[Reference.Length..].TrimEnd('/')) : new EnvValue.Text(text);

    private static ServiceMount Mount(VolumeMount mount, string folder) => mount switch
    {
        VolumeMount.Bind bind => new ServiceMount.Bind(Path.GetFullPath(bind.Source, folder), bind.Target, bind.ReadOnly),
        VolumeMount.Named named => new ServiceMount.Volume(named.Volume, named.Target, named.ReadOnly),
        _ => throw new InvalidOperationException("not a mount"),
    };

    private static ImmutableArray<string> DependenciesOf(
        Service service, HashSet<string> names, Boltfile file, ImmutableArray<Diagnostic>.Builder problems)
    {
        var all = ImmutableArray.CreateBuilder<string>();
        void Add(string needed, string where)
        {
            if (!names.Contains(needed)) problems.Add(SurgeErrors.UnknownService(service.Name, needed, names, file.Positions.GetValueOrDefault(where)));
            else if (!all.Contains(needed)) all.Add(needed);
        }
        for (var i = 0; i < service.DependsOn.Length; i++) Add(service.DependsOn[i], $"services.{service.Name}.depends_on[{i}]");
        foreach (var (key, value) in service.Env)
        {
            // A service that names itself gets its own address and waits for no one.
            if (Value(value) is EnvValue.UrlOf url && url.Service != service.Name) Add(url.Service, $"services.{service.Name}.env.{key}");
        }
        return all.ToImmutable();
    }

    private static void FindCycle(Boltfile file, Dictionary<string, ImmutableArray<string>> depends, ImmutableArray<Diagnostic>.Builder problems)
    {
        var done = new HashSet<string>();
        var path = new List<string>();
        bool Visit(string name)
        {
            if (path.IndexOf(name) is >= 0 and var at)
            {
                problems.Add(SurgeErrors.Cycle([.. path.Skip(at), name], file.Positions.GetValueOrDefault($"services.{name}")));
                return true;
            }
            if (!done.Add(name)) return false;
            path.Add(name);
            var found = depends[name].Where(depends.ContainsKey).Any(Visit);
            path.RemoveAt(path.Count - 1);
            return found;
        }
        foreach (var service in file.Services)
        {
            if (Visit(service.Name)) return;
        }
    }

    private static IPNetwork SubnetOf(Boltfile file, StackInputs inputs) =>
        file.Networks.FirstOrDefault(n => n.Subnet is not null) is { Subnet: { } text } && SubnetPool.Parse(text) is { } subnet
            ? subnet
            : inputs.Subnet;

    private static Dictionary<string, IPAddress> Addresses(
        Boltfile file, IPNetwork subnet, StackInputs inputs, ImmutableArray<Diagnostic>.Builder problems)
    {
        var given = new Dictionary<string, IPAddress>();
        foreach (var service in file.Services)
        {
            if (inputs.KnownAddresses.TryGetValue(service.Name, out var known) && subnet.Contains(known)) given[service.Name] = known;
        }
        var taken = given.Values.ToHashSet();
        // The gateway, the network's and the broadcast's own address, and the uplink's four are no member's.
        var room = (1 << Math.Min(16, 32 - subnet.PrefixLength)) - 8;
        var next = 0;
        foreach (var service in file.Services.Where(s => !given.ContainsKey(s.Name)))
        {
            while (next < room && taken.Contains(SubnetPool.MemberAddress(subnet, next))) next++;
            if (next >= room)
            {
                problems.Add(SurgeErrors.SubnetFull(subnet, file.Services.Length));
                break;
            }
            given[service.Name] = SubnetPool.MemberAddress(subnet, next++);
        }
        return given;
    }

    private static ImmutableArray<VolumeTable> VolumesOf(ImmutableArray<StackService> services, Boltfile file)
    {
        var storage = services.Where(s => s.StorageVolume is not null).Select(s => new VolumeTable(s.StorageVolume!, s.Wanted.Storage!.Size));
        var named = services.SelectMany(s => s.Mounts).OfType<ServiceMount.Volume>()
            .Select(m => file.Volumes.FirstOrDefault(v => v.Name == m.Name) ?? new VolumeTable(m.Name, null));
        return [.. storage.Concat(named).DistinctBy(v => v.Name)];
    }

    private static string NetworkText(ImmutableArray<StackService> services)
    {
        var text = new StringBuilder();
        foreach (var service in services)
        {
            text.Append(service.Name).Append(' ').Append(service.Wanted.Hostname).Append(' ').Append(service.Address).Append('\n');
            foreach (var port in service.Wanted.Ports) text.Append(port).Append('\n');
            foreach (var host in service.Wanted.ExtraHosts) text.Append(host).Append('\n');
        }
        return text.ToString();
    }

    internal static string Hash(string text) => Convert.ToHexStringLower(Kernel.ShortHash.Of(text))[..16];
}
