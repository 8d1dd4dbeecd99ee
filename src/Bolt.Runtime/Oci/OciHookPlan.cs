using System.Collections.Immutable;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>When the hooks of a config.json run, and what they read.</summary>
internal sealed class OciHookPlan
{
    // Any number will do that stands for the pid, which is known only to the launcher.
    private const int PidMark = 2147483647;

    public OciHookPlan(OciConfig config, OciLaunchRequest request)
    {
        var hooks = config.Hooks;
        var inner = ImmutableArray.CreateBuilder<ContainerHook>();
        var create = ImmutableArray.CreateBuilder<LaunchStep>();
        var start = ImmutableArray.CreateBuilder<LaunchStep>();
        if (hooks?.Prestart is { Count: > 0 } || hooks?.CreateRuntime is { Count: > 0 })
            create.Add(new(LaunchOperation.HostHooks));
        foreach (var hook in hooks?.CreateContainer ?? [])
            Add(create, hook, "creating");
        foreach (var hook in hooks?.StartContainer ?? [])
            Add(start, hook, "created");
        (Inner, Create, Start) = (inner.ToImmutable(), create.ToImmutable(), start.ToImmutable());

        void Add(ImmutableArray<LaunchStep>.Builder steps, OciHook hook, string status)
        {
            steps.Add(new(LaunchOperation.Hook, hook.Path!, X: inner.Count));
            var (head, tail) = State(config, request, status);
            inner.Add(new ContainerHook(hook.Path!, [.. hook.Args ?? [hook.Path!]], [.. hook.Env ?? []], head, tail, hook.Timeout ?? 0));
        }
    }

    /// <summary>The hooks that run in the container's namespaces.</summary>
    public ImmutableArray<ContainerHook> Inner { get; }
    public ImmutableArray<LaunchStep> Create { get; }
    public ImmutableArray<LaunchStep> Start { get; }

    private static (string Head, string Tail) State(OciConfig config, OciLaunchRequest request, string status)
    {
        var json = OciJsonWriter.Text(new OciStateReport
        {
            OciVersion = config.OciVersion!,
            Id = request.Id,
            Status = status,
            Pid = PidMark,
            Bundle = request.Bundle,
            Annotations = config.Annotations,
        });
        // The fields before the pid are the runtime's own, and an id has no quotes.
        const string before = "\"pid\":";
        var at = json.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return (json[..at], json[(at + PidMark.ToString(System.Globalization.CultureInfo.InvariantCulture).Length)..]);
    }
}
