using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>Reads one <c>[services.NAME]</c> table.</summary>
internal static class ServiceReader
{
    private const string Reference = "bolt://";
    /// <summary>What packages are installed on when the service names nothing else.</summary>
    private const string PlainBase = "debian";

    public static ServiceDraft Read(TomlEntry entry, TomlTable table, string? home)
    {
        if (!Names.IsName(entry.Name))
        {
            table.Findings.Add(BoltfileErrors.BadName(entry.KeyAt, "service", entry.Name, Names.Folded(entry.Name)));
        }
        var tables = ServiceTables.Of(table);
        var source = ReadSource(entry, table, out var sourceAt);
        var (ports, mounts) = (ReadPorts(table, tables), ReadMounts(table, tables, home));
        var depends = table.ParsedEach<string>("depends_on", AnyText);
        var memory = table.Parsed<long>("memory_limit", ShortForms.ReadSize) ?? tables.MemoryLimit;
        var service = new Service
        {
            Name = entry.Name,
            Source = source,
            Command = table.Texts("command"),
            Entrypoint = table.Texts("entrypoint"),
            Ports = [.. ports.Select(p => p.Value)],
            Volumes = [.. mounts.Select(m => m.Value)],
            Env = table.Map("environment").SetItems(table.Map("env")),
            DependsOn = [.. depends.Select(d => d.Value).Distinct()],
            Restart = table.Parsed<RestartPolicy>("restart", Names.ReadRestart) ?? RestartPolicy.UnlessStopped,
            Storage = tables.ReadStorage(),
            Auth = tables.ReadAuth(),
            Healthcheck = tables.ReadHealthcheck(),
            WorkingDir = table.Text("working_dir"),
            User = table.Text("user"),
            Hostname = table.Text("hostname"),
            ReadOnly = table.Flag("read_only") ?? false,
            Tty = table.Flag("tty") ?? false,
            StdinOpen = table.Flag("stdin_open") ?? false,
            CapAdd = [.. table.ParsedEach<string>("cap_add", Names.ReadCapability).Select(c => c.Value)],
            CapDrop = [.. table.ParsedEach<string>("cap_drop", Names.ReadCapability).Select(c => c.Value)],
            Sysctls = table.Map("sysctls"),
            Tmpfs = [.. table.ParsedEach<string>("tmpfs", Names.ReadPath).Select(t => t.Value)],
            ExtraHosts = [.. table.ParsedEach<string>("extra_hosts", Names.ReadHost).Select(h => h.Value)],
            Labels = table.Map("labels"),
            MemoryLimit = memory,
            CpuLimit = table.Parsed<double>("cpu_limit", ShortForms.ReadCpu) ?? tables.CpuLimit,
            PidsLimit = table.Parsed<long>("pids_limit", ShortForms.ReadPids),
            BestEffort = table.Flag("best_effort") ?? false,
            Limits = ServiceLimits.Read(table, memory),
            Extras = ServiceExtras.Read(table),
        };
        tables.Close();
        table.RefuseOthers();
        ImmutableArray<ServiceEdge> edges = [.. depends.Select(d => new ServiceEdge(d.Value, "depends_on", d.At)),
            .. References(service, name => EnvAt(table, name))];
        return new ServiceDraft(service, entry.KeyAt, sourceAt, edges, ports, mounts);
    }

    private static ServiceSource ReadSource(TomlEntry entry, TomlTable table, out SourceSpan at)
    {
        var written = new[] { "image", "build", "capsule" }.Where(table.Has).ToArray();
        at = written.Length == 0 ? entry.KeyAt : table.ValueAt(written[0]);
        var packages = table.Texts("packages") ?? [];
        foreach (var bad in packages.Where(p => !Names.IsPackage(p)))
        {
            table.Findings.Add(BoltfileErrors.BadPackage(table.ValueAt("packages"), bad));
        }
        if (written.Length == 0 && packages.IsEmpty)
        {
            table.Findings.Add(BoltfileErrors.NoSource(entry.KeyAt, entry.Name));
        }
        else if (!packages.IsEmpty && written.FirstOrDefault() is { } other and not "capsule")
        {
            table.Findings.Add(BoltfileErrors.PackagesOfOther(table.KeyAt("packages"), entry.Name, other));
        }
        foreach (var extra in written.Skip(1))
        {
            table.Findings.Add(BoltfileErrors.SecondSource(table.KeyAt(extra), entry.Name, extra, written[0]));
        }
        return written.FirstOrDefault() switch
        {
            "build" => new ServiceSource.Build(table.Text("build") ?? ""),
            "capsule" => new ServiceSource.Capsule(Word(table, "capsule", Names.ReadCapsule)) { Packages = packages },
            null when !packages.IsEmpty => new ServiceSource.Capsule(PlainBase) { Packages = packages },
            _ => new ServiceSource.Image(Word(table, "image", Names.ReadImage)),
        };
    }

    private static string Word(TomlTable table, string key, TextReader<string> reader)
    {
        if (table.Text(key) is not { } text)
        {
            return "";
        }
        if (reader(text, out _) is { } problem)
        {
            table.Findings.Add(BoltfileErrors.BadReference(table.ValueAt(key), key, text, problem));
        }
        return text;
    }

    private static ImmutableArray<Placed<PortMapping>> ReadPorts(TomlTable table, ServiceTables tables) =>
        [.. table.ParsedEach<ImmutableArray<PortMapping>>("ports", ShortForms.ReadPorts).Concat(tables.Ports)
            .SelectMany(p => p.Value.Select(m => new Placed<PortMapping>(m, p.At)))];

    private static ImmutableArray<Placed<VolumeMount>> ReadMounts(TomlTable table, ServiceTables tables, string? home)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        var mounts = ImmutableArray.CreateBuilder<Placed<VolumeMount>>();
        foreach (var (mount, at) in table.ParsedEach<VolumeMount>("volumes", ShortForms.ReadVolume).Concat(tables.Mounts))
        {
            if (!targets.Add(mount.Target.TrimEnd('/')))
            {
                table.Findings.Add(BoltfileErrors.SecondMount(at, mount.Target, table.What));
            }
            // `~` is the shell's word; only whoever handed the variables in knows whose home is meant.
            mounts.Add(new Placed<VolumeMount>(mount is VolumeMount.Bind { Source: ['~', ..] } bind && home is { Length: > 0 }
                && (bind.Source.Length == 1 || bind.Source[1] == '/') ? bind with { Source = home + bind.Source[1..] } : mount, at));
        }
        return mounts.ToImmutable();
    }

    /// <summary>Env values that are <c>bolt://SERVICE</c>, with whatever may follow a host in a URL.</summary>
    private static IEnumerable<ServiceEdge> References(Service service, Func<string, SourceSpan> at)
    {
        foreach (var (name, value) in service.Env.Where(e => e.Value.StartsWith(Reference, StringComparison.Ordinal)))
        {
            var end = value.AsSpan(Reference.Length).IndexOfAny("/:?#");
            var to = end < 0 ? value[Reference.Length..] : value.Substring(Reference.Length, end);
            yield return new ServiceEdge(to, $"env.{name}", at(name));
        }
    }

    /// <summary>A service that was made in code, to be checked like one that was read.</summary>
    public static ServiceDraft Draft(Service service, SourceSpan at) => new(service, at, at,
        [.. service.DependsOn.Select(d => new ServiceEdge(d, "depends_on", at)), .. References(service, _ => at)],
        [.. service.Ports.Select(p => new Placed<PortMapping>(p, at))], [.. service.Volumes.Select(v => new Placed<VolumeMount>(v, at))]);

    private static string? AnyText(string text, out string value)
    {
        value = text;
        return null;
    }

    private static SourceSpan EnvAt(TomlTable table, string name) =>
        new[] { "env", "environment" }.Select(key => table.Entry(key)?.Value).OfType<TomlNode.Group>()
            .SelectMany(g => g.Entries).First(e => e.Name == name).Value.At;
}
