using System.Collections.Immutable;

namespace Bolt.Diagnostics;

/// <summary>A value together with everything that was found wrong on the way to it. Input never throws: it returns this.</summary>
/// <param name="Value">Null when an error makes it meaningless.</param>
/// <param name="Diagnostics">All findings, in source order.</param>
public sealed record Checked<T>(T? Value, ImmutableArray<Diagnostic> Diagnostics)
    where T : class
{
    /// <summary>True when there is a value and no finding is an error.</summary>
    public bool Ok => Value is not null && !Diagnostics.Any(d => d.Severity == Severity.Error);
}
