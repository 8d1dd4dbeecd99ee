using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>
/// The tables inside a service. Older Boltfiles write some keys there that now stand at the service itself; both are read:
/// <c>network.ports</c>, <c>storage.volumes</c>, <c>runtime.memory_limit</c>, <c>runtime.cpu_limit</c>, <c>health</c>.
/// </summary>
internal sealed class ServiceTables
{
    private static readonly TimeSpan DefaultProbe = TimeSpan.FromSeconds(30);

    private readonly TomlTable? storage, auth, health, network, runtime;

    private ServiceTables(TomlTable table)
    {
        storage = table.Table("storage", $"`storage` of {table.What}");
        auth = table.Table("auth", $"`auth` of {table.What}");
        health = table.Table("healthcheck", $"`healthcheck` of {table.What}");
        health ??= table.Table("health", $"`health` of {table.What}");
        network = table.Table("network", $"`network` of {table.What}");
        runtime = table.Table("runtime", $"`runtime` of {table.What}");
    }

    public static ServiceTables Of(TomlTable table)
    {
        var tables = new ServiceTables(table);
        table.Free("health");
        return tables;
    }

    public ImmutableArray<Placed<ImmutableArray<PortMapping>>> Ports =>
        network?.ParsedEach<ImmutableArray<PortMapping>>("ports", ShortForms.ReadPorts) ?? [];

    public ImmutableArray<Placed<VolumeMount>> Mounts =>
        storage?.ParsedEach<VolumeMount>("volumes", ShortForms.ReadVolume) ?? [];

    public long? MemoryLimit => runtime?.Parsed<long>("memory_limit", ShortForms.ReadSize);

    public double? CpuLimit => runtime?.Parsed<double>("cpu_limit", ShortForms.ReadCpu);

    public StorageTable? ReadStorage()
    {
        if (storage is null)
        {
            return null;
        }
        var size = storage.Parsed<long>("size", ShortForms.ReadSize);
        if (!storage.Has("size") && !storage.Has("volumes"))
        {
            storage.Findings.Add(BoltfileErrors.MissingKey(storage.At, "size", storage.What));
        }
        if (storage.Text("driver") is not (null or "local"))
        {
            storage.WarnLater("driver");
        }
        return size is { } bytes ? new StorageTable(bytes) : null;
    }

    public AuthTable? ReadAuth() => auth is null ? null
        : new AuthTable(auth.Required("user") ?? "", auth.Required("password") ?? "");

    public Healthcheck? ReadHealthcheck()
    {
        if (health is null)
        {
            return null;
        }
        var off = health.Flag("disable") ?? false;
        // Compose's short form: a string is a shell command.
        ImmutableArray<string> test = health.Entry("test") is { Value: TomlNode.Text }
            ? ["CMD-SHELL", health.Text("test")!] : health.Texts("test") ?? [];
        if (!off && !health.Has("test"))
        {
            health.Findings.Add(BoltfileErrors.MissingKey(health.At, "test", health.What));
        }
        else if (!off && test is not (["CMD" or "CMD-SHELL", _, ..] or ["NONE"]))
        {
            health.Findings.Add(BoltfileErrors.BadTest(health.ValueAt("test")));
        }
        return new Healthcheck(off ? ["NONE"] : test, Time("interval") ?? DefaultProbe, Time("timeout") ?? DefaultProbe,
            health.Integer("retries", 1, 1000) ?? 3, Time("start_period") ?? TimeSpan.Zero);
    }

    private TimeSpan? Time(string key) => health!.Parsed<TimeSpan>(key, ShortForms.ReadDuration);

    /// <summary>Reports what the tables may not hold. After all were read.</summary>
    public void Close()
    {
        network?.WarnLater("enable_quic", "low_latency", "bandwidth_optimization");
        if (runtime is not null)
        {
            // A capsule is always rootless where the user is.
            runtime.Free("rootless");
            runtime.WarnLater("runtime", "privileged");
        }
        foreach (var table in new[] { storage, auth, health, network, runtime })
        {
            table?.RefuseOthers();
        }
    }
}
