using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

/// <summary>
/// The roof: what `bolt`, MSBuild and TestKit do, a program can do too. Input problems come back as diagnostics; effects
/// throw <see cref="BoltException"/> or end in <see cref="StackEvent.StepFailed"/>.
/// </summary>
public sealed partial class BoltRuntime(BoltOptions options)
{
    /// <summary>Folders and programs that this runtime uses.</summary>
    public BoltOptions Options { get; } = options;
}

/// <summary>One thing that Bolt needs from the host, checked.</summary>
/// <param name="Name">"user namespaces", "subordinate ids"…</param>
/// <param name="Finding">What was found, one sentence.</param>
/// <param name="Problem">Null when all is well; otherwise what is lacking, with the exact remedy.</param>
public sealed record HostCheck(string Name, string Finding, Diagnostic? Problem);
