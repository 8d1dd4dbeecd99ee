using System.Text;

namespace Bolt.Packages;

/// <summary>Stanzas of "Field: value" with folded lines (deb822(5)). Field names are compared without case.</summary>
internal static class ControlFile
{
    public static IEnumerable<Dictionary<string, string>> Stanzas(IEnumerable<string> lines)
    {
        var stanza = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string? field = null;
        var folded = new StringBuilder();
        foreach (var line in lines)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }
            if (string.IsNullOrWhiteSpace(line))
            {
                Unfold(stanza, field, folded);
                if (stanza.Count > 0)
                {
                    yield return stanza;
                    stanza = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                }
                field = null;
            }
            else if (line[0] is ' ' or '\t')
            {
                if (field is not null)
                {
                    folded.Append('\n').Append(line.Trim());
                }
            }
            else if (line.IndexOf(':') is var colon and > 0)
            {
                Unfold(stanza, field, folded);
                field = line[..colon];
                // The first of two equal fields counts, so nothing can be slipped in behind it.
                field = stanza.TryAdd(field, line[(colon + 1)..].Trim()) ? field : null;
            }
        }
        Unfold(stanza, field, folded);
        if (stanza.Count > 0)
        {
            yield return stanza;
        }
    }

    private static void Unfold(Dictionary<string, string> stanza, string? field, StringBuilder folded)
    {
        if (field is not null && folded.Length > 0)
        {
            stanza[field] += folded.ToString();
        }
        folded.Clear();
    }
}
