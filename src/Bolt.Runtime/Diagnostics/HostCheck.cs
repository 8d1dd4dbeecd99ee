namespace Bolt.Diagnostics;

/// <summary>One thing that Bolt needs from the host, checked.</summary>
/// <param name="Name">"user namespaces", "subordinate ids"…</param>
/// <param name="Finding">What was found, one sentence.</param>
/// <param name="Problem">Null when all is well; otherwise what is lacking, with the exact remedy.</param>
public sealed record HostCheck(string Name, string Finding, Diagnostic? Problem);
