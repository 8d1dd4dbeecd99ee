using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Bolt.Surge;

/// <summary>What will be done, and why: a graph of steps in an order that honours their needs.</summary>
public sealed record Plan(ImmutableArray<PlanStep> Steps)
{
    /// <summary>Nothing differs from what is wanted.</summary>
    public bool IsEmpty => Steps.IsEmpty;

    /// <summary>One line for each step: what, why, after what.</summary>
    public override string ToString() => IsEmpty
        ? "nothing to do\n"
        : string.Concat(Steps.Select(s => $"{s.Id} ({s.Cause}){(s.LosesData ? " LOSES DATA" : "")}{(s.Needs.IsEmpty ? "" : " after " + string.Join(", ", s.Needs))}\n"));
}

/// <summary>One atomic operation.</summary>
/// <param name="Id">Unique in the plan: "start db".</param>
/// <param name="Cause">Why it is needed: "not running", "image changed".</param>
/// <param name="Needs">Ids of steps that must be done before.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "step")]
[JsonDerivedType(typeof(PrepareImage), "prepareImage")]
[JsonDerivedType(typeof(CreateNetwork), "createNetwork")]
[JsonDerivedType(typeof(UpdateNetwork), "updateNetwork")]
[JsonDerivedType(typeof(CreateVolume), "createVolume")]
[JsonDerivedType(typeof(StartService), "startService")]
[JsonDerivedType(typeof(AdoptService), "adoptService")]
[JsonDerivedType(typeof(StopService), "stopService")]
[JsonDerivedType(typeof(RemoveNetwork), "removeNetwork")]
[JsonDerivedType(typeof(RemoveVolume), "removeVolume")]
public abstract record PlanStep(string Id, string Cause, ImmutableArray<string> Needs)
{
    /// <summary>True when data of the user is lost by it.</summary>
    public virtual bool LosesData => false;

    /// <summary>Resolve, fetch, build and unpack a service's image.</summary>
    public sealed record PrepareImage(string Service, string Source, string Cause, ImmutableArray<string> Needs)
        : PlanStep($"prepare {Service}", Cause, Needs);
    /// <summary>Make the stack's namespaces, bridge, resolver, uplink and published ports.</summary>
    public sealed record CreateNetwork(string Cause, ImmutableArray<string> Needs) : PlanStep("create network", Cause, Needs);
    /// <summary>Change names, members and published ports of the running network.</summary>
    public sealed record UpdateNetwork(string Cause, ImmutableArray<string> Needs) : PlanStep("update network", Cause, Needs);
    /// <summary>Make a named volume.</summary>
    public sealed record CreateVolume(string Volume, string Cause, ImmutableArray<string> Needs)
        : PlanStep($"create volume {Volume}", Cause, Needs);
    /// <summary>Start a service and wait until it is ready.</summary>
    public sealed record StartService(string Service, string Cause, ImmutableArray<string> Needs)
        : PlanStep($"start {Service}", Cause, Needs);
    /// <summary>Take over a service that already runs as wanted.</summary>
    public sealed record AdoptService(string Service, string Cause, ImmutableArray<string> Needs)
        : PlanStep($"adopt {Service}", Cause, Needs);
    /// <summary>Stop a service and remove its capsule.</summary>
    public sealed record StopService(string Service, string Cause, ImmutableArray<string> Needs)
        : PlanStep($"stop {Service}", Cause, Needs);
    /// <summary>Remove the stack's network.</summary>
    public sealed record RemoveNetwork(string Cause, ImmutableArray<string> Needs) : PlanStep("remove network", Cause, Needs);
    /// <summary>Delete a volume and its data.</summary>
    public sealed record RemoveVolume(string Volume, string Cause, ImmutableArray<string> Needs)
        : PlanStep($"remove volume {Volume}", Cause, Needs)
    {
        /// <inheritdoc/>
        public override bool LosesData => true;
    }
}
