using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>All that is found while one text is read, and the variables that <c>${NAME}</c> in its values may name.</summary>
/// <param name="variables">Looks up a variable; null leaves <c>${NAME}</c> as it stands.</param>
internal sealed class TomlFindings(Func<string, string?>? variables = null)
{
    private readonly List<Diagnostic> found = [];

    /// <summary>Hears what is asked for; null: nobody wants to know.</summary>
    public TomlSchema? Schema { get; init; }

    public bool HasErrors => found.Any(d => d.Severity == Severity.Error);

    public void Add(Diagnostic diagnostic) => found.Add(diagnostic);

    /// <summary>
    /// Replaces <c>${NAME}</c> and <c>${NAME:-default}</c>; <c>$${</c> stands for a literal <c>${</c>. Null when that
    /// failed: what is made of the pieces would be wrong a second time.
    /// </summary>
    public string? Expand(string text, SourceSpan at)
    {
        var before = found.Count;
        if (text.Contains('\0'))
        {
            found.Add(BoltfileErrors.NulCharacter(at));
        }
        var expanded = variables is null ? text : Interpolation.Expand(text, at, variables, found);
        return found.Count == before ? expanded : null;
    }

    /// <summary>All findings in source order, those without a place last.</summary>
    public ImmutableArray<Diagnostic> InOrder() =>
        [.. found.OrderBy(d => d.At is null).ThenBy(d => d.At?.Line ?? 0).ThenBy(d => d.At?.Column ?? 0)];
}
