using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Builds;

namespace Bolt.Surge;

/// <summary>What counts as this service's answer, chosen once before it starts.</summary>
internal abstract record ReadyWish
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    /// <summary>READY=1 on the notify socket.</summary>
    public sealed record Notify : ReadyWish;
    /// <summary>These TCP ports listen; <paramref name="All"/> of them, or any one.</summary>
    public sealed record Listen(ImmutableArray<int> Ports, bool All) : ReadyWish;
    /// <summary>Something answers HTTP at this TCP port, whatever it says.</summary>
    public sealed record Http(int Port) : ReadyWish;
    /// <summary>A line of output contains this text.</summary>
    public sealed record LogLine(string Text) : ReadyWish;
    /// <summary>The health probe succeeds.</summary>
    public sealed record Probe(Healthcheck Check) : ReadyWish;
    /// <summary>Started is ready, when it has not ended at once.</summary>
    public sealed record Now : ReadyWish;

    public static ReadyWish Of(Service service, PreparedImage image)
    {
        if (service.Healthcheck is { } check && !IsNone(check)) return new Probe(check);
        // Another program than the recipe's cannot be expected to keep the recipe's promise.
        var signal = service.Entrypoint is null ? image.Recipe?.Ready : null;
        if (signal is ReadySignal.Notify) return new Notify();
        if (signal is ReadySignal.Listen port) return new Listen([port.Port], true);
        if (signal is ReadySignal.Http http) return new Http(http.Port);
        if (signal is ReadySignal.LogLine line) return new LogLine(line.Text);
        // A recipe that only starts (a shell) still answers at the ports that its user published.
        var published = service.Ports.Where(p => p.Protocol == PortProtocol.Tcp).Select(p => p.ContainerPort).Distinct().ToImmutableArray();
        if (!published.IsEmpty) return new Listen(published, true);
        // EXPOSE is a hint: images name ports that they open only when configured to.
        return image.ExposedPorts.IsEmpty || service.Entrypoint is not null || signal is not null ? new Now() : new Listen(image.ExposedPorts, false);
    }

    /// <summary>What is waited for, as a person says it.</summary>
    public string WaitsFor => this switch
    {
        Notify => "its word `READY=1` (sd_notify)",
        Listen { Ports: [var port] } => $"port {port} to listen",
        Listen { All: true } listen => $"the ports {string.Join(", ", listen.Ports)} to listen",
        Listen listen => $"one of the ports {string.Join(", ", listen.Ports)} to listen",
        Http http => $"port {http.Port} to answer HTTP",
        LogLine line => $"the line `{line.Text}`",
        Probe => "its health probe to succeed",
        _ => "it to stay",
    };

    /// <summary>How long it may take when someone waits; a health check has its own patience.</summary>
    public TimeSpan Limit(TimeSpan? asked) => asked ?? (this is Probe ? Timeout.InfiniteTimeSpan : DefaultLimit);

    public static bool IsNone(Healthcheck check) => check.Test.IsEmpty || check.Test[0] == "NONE";

    /// <summary>compose's forms: ["CMD", program…], ["CMD-SHELL", line], or a bare program.</summary>
    public static IReadOnlyList<string> CommandOf(Healthcheck check) => check.Test[0] switch
    {
        "CMD" => [.. check.Test.Skip(1)],
        "CMD-SHELL" => ["/bin/sh", "-c", string.Join(' ', check.Test.Skip(1))],
        _ => check.Test,
    };
}
