using System.Text;

namespace Bolt.Dockerfiles;

/// <summary>
/// The patterns of <c>${NAME#…}</c>: <c>*</c>, <c>?</c>, and a backslash before what is meant as it stands. All places of the
/// pattern that a text may have reached go along at once, so a look costs at most pattern times text, whatever is in them.
/// </summary>
internal sealed class ShellPattern
{
    /// <summary>Characters; a replacement looks from each of the value's.</summary>
    public const int MaxValue = 4096, MaxPattern = 256;

    private readonly Part[] parts;

    public ShellPattern(string pattern)
    {
        var read = new List<Part>();
        for (var i = 0; i < pattern.Length; i++)
        {
            var escaped = pattern[i] == '\\' && i + 1 < pattern.Length;
            read.Add(escaped ? new Part(pattern[++i], Kind.One) : new Part(pattern[i], pattern[i] switch { '*' => Kind.Many, '?' => Kind.Any, _ => Kind.One }));
        }
        parts = [.. read];
    }

    private ShellPattern(IEnumerable<Part> parts) => this.parts = [.. parts];

    public string WithoutPrefix(string value, bool longest) => value[(Choose(Lengths(value), longest) ?? 0)..];

    public string WithoutSuffix(string value, bool longest)
    {
        var mirrored = new ShellPattern(parts.Reverse());
        return value[..^(Choose(mirrored.Lengths([.. value.Reverse()]), longest) ?? 0)];
    }

    public string Replace(string value, string replacement, bool all)
    {
        var result = new StringBuilder();
        var i = 0;
        while (i < value.Length)
        {
            var length = Choose(Lengths(value.AsSpan(i)), longest: true) ?? 0;
            if (length == 0)
            {
                result.Append(value[i++]);
                continue;
            }
            result.Append(replacement);
            i += length;
            if (!all)
            {
                break;
            }
        }
        return result.Append(value, i, value.Length - i).ToString();
    }

    private static int? Choose(List<int> lengths, bool longest) => lengths.Count == 0 ? null : longest ? lengths[^1] : lengths[0];

    /// <summary>How long the beginnings are that match, the shortest first.</summary>
    private List<int> Lengths(ReadOnlySpan<char> text)
    {
        var lengths = new List<int>();
        var (here, next) = (new bool[parts.Length + 1], new bool[parts.Length + 1]);
        var alive = Reach(here, 0);
        for (var at = 0; alive; at++)
        {
            if (here[parts.Length])
            {
                lengths.Add(at);
            }
            if (at == text.Length)
            {
                break;
            }
            Array.Clear(next);
            alive = false;
            for (var place = 0; place < parts.Length; place++)
            {
                if (here[place] && (parts[place].Kind != Kind.One || parts[place].Character == text[at]))
                {
                    alive = Reach(next, parts[place].Kind == Kind.Many ? place : place + 1);
                }
            }
            (here, next) = (next, here);
        }
        return lengths;
    }

    // A star may stand for nothing.
    private bool Reach(bool[] places, int place)
    {
        places[place] = true;
        while (place < parts.Length && parts[place].Kind == Kind.Many)
        {
            places[++place] = true;
        }
        return true;
    }

    private enum Kind
    {
        One,
        Any,
        Many,
    }

    private readonly record struct Part(char Character, Kind Kind);
}
