using System.Collections.Immutable;

namespace Bolt.Surge;

/// <summary>Wanted and found -> what to do, with the cause of each step. Pure: what it needs to know is in the snapshot.</summary>
internal static class Planner
{
    private const string Network = "create network";

    public static Plan Plan(Stack stack, Observed observed, UpOptions options)
    {
        var steps = new List<PlanStep>();
        var wanted = stack.InStartOrder(options.Services);
        var removed = observed.Running.Where(s => stack.Services.All(w => w.Name != s.Name)).Select(s => s.Name).ToList();
        var networkStep = PlanNetwork(stack, observed, removed, steps, out var rebuilt);

        foreach (var service in removed)
        {
            if (!steps.Any(s => s is PlanStep.StopService stop && stop.Service == service))
                steps.Add(new PlanStep.StopService(service, "no longer in the Boltfile", []));
        }
        foreach (var service in wanted)
        {
            PlanService(service, stack, observed, options, rebuilt, networkStep, steps);
        }
        foreach (var service in stack.Services.Except(wanted).Where(s => !rebuilt && observed[s.Name] is { Running: true, Supervised: false }))
        {
            steps.Add(new PlanStep.AdoptService(service.Name, "runs without an owner", []));
        }
        return new Plan(InOrder(steps));
    }

    /// <summary>Takes over what runs; nothing is started, stopped or changed.</summary>
    public static Plan AdoptAll(Stack stack, Observed observed) => new(
        [.. observed.Running.Where(s => !s.Supervised && stack.Services.Any(w => w.Name == s.Name))
            .Select(s => new PlanStep.AdoptService(s.Name, "runs without an owner", []))]);

    private static string? PlanNetwork(Stack stack, Observed observed, List<string> removed, List<PlanStep> steps, out bool rebuilt)
    {
        rebuilt = false;
        if (observed.Network is not { } network)
        {
            // Capsules whose network's holder died have no way back into one.
            rebuilt = true;
            var stops = StopAll(observed, "its network is gone", steps);
            steps.Add(new PlanStep.CreateNetwork("not there", stops));
            return Network;
        }
        if (network.Subnet != stack.Subnet.ToString())
        {
            rebuilt = true;
            var stops = StopAll(observed, "its network changes its subnet", steps);
            steps.Add(new PlanStep.RemoveNetwork("the subnet changed", stops));
            steps.Add(new PlanStep.CreateNetwork("the subnet changed", ["remove network"]));
            return Network;
        }
        if (network.Hash == stack.NetworkHash) return null;
        steps.Add(new PlanStep.UpdateNetwork("names or published ports changed", [.. removed.Select(r => $"stop {r}")]));
        return "update network";
    }

    private static ImmutableArray<string> StopAll(Observed observed, string cause, List<PlanStep> steps)
    {
        var stops = observed.Running.Select(s => new PlanStep.StopService(s.Name, cause, [])).ToList();
        steps.AddRange(stops);
        return [.. stops.Select(s => s.Id)];
    }

    private static void PlanService(
        StackService service, Stack stack, Observed observed, UpOptions options, bool rebuilt, string? networkStep, List<PlanStep> steps)
    {
        var found = observed[service.Name];
        if (CauseToStart(service, found, options) is not { } cause)
        {
            if (!rebuilt)
            {
                if (!found!.Supervised) steps.Add(new PlanStep.AdoptService(service.Name, "runs without an owner", []));
                return;
            }
            cause = "its network is made anew";
        }
        var needs = new List<string> { $"prepare {service.Name}" };
        if (networkStep is not null) needs.Add(networkStep);
        if (found is { Running: true })
        {
            if (!rebuilt) steps.Add(new PlanStep.StopService(service.Name, cause, [$"prepare {service.Name}"]));
            needs.Add($"stop {service.Name}");
        }
        steps.Add(new PlanStep.PrepareImage(service.Name, service.Source, cause, []));
        foreach (var volume in VolumesOf(service))
        {
            if (observed.Volumes.Contains(volume)) continue;
            if (!steps.Any(s => s is PlanStep.CreateVolume made && made.Volume == volume))
                steps.Add(new PlanStep.CreateVolume(volume, "not there", []));
            needs.Add($"create volume {volume}");
        }
        needs.AddRange(service.DependsOn.Select(d => $"start {d}").Where(id => steps.Any(s => s.Id == id)));
        needs.AddRange(service.DependsOn.Select(d => $"adopt {d}").Where(id => steps.Any(s => s.Id == id)));
        steps.Add(new PlanStep.StartService(service.Name, cause, [.. needs]));
    }

    // Null: it runs as wanted.
    private static string? CauseToStart(StackService service, ObservedService? found, UpOptions options) =>
        found is null or { Hash: null } ? "not there"
        : !found.Running ? (found.StoppedByUser ? "stopped" : "not running")
        : options.ForceRecreate ? "asked to start anew"
        : found.Hash != service.Hash ? "its settings changed"
        : found.RecordedMark != found.SourceMark ? "its source changed"
        : null;

    public static IEnumerable<string> VolumesOf(StackService service) =>
        service.Mounts.OfType<ServiceMount.Volume>().Select(m => m.Name)
            .Concat(service.StorageVolume is { } storage ? [storage] : []).Distinct();

    // Stable: a step moves only behind what it needs, so the printed plan reads in Boltfile order.
    private static ImmutableArray<PlanStep> InOrder(List<PlanStep> steps)
    {
        var byId = steps.ToDictionary(s => s.Id);
        var order = ImmutableArray.CreateBuilder<PlanStep>(steps.Count);
        var seen = new HashSet<string>();
        void Visit(PlanStep step)
        {
            if (!seen.Add(step.Id)) return;
            foreach (var need in step.Needs.Where(byId.ContainsKey)) Visit(byId[need]);
            order.Add(step);
        }
        foreach (var step in steps) Visit(step);
        return order.ToImmutable();
    }
}
