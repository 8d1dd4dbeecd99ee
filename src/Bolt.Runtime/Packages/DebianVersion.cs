namespace Bolt.Packages;

/// <summary>Versions in Debian's order (deb-version(7)): [epoch:]upstream[-revision].</summary>
internal static class DebianVersion
{
    /// <summary>Below 0: <paramref name="a"/> is older.</summary>
    public static int Compare(string a, string b)
    {
        var first = a.AsSpan().Trim();
        var second = b.AsSpan().Trim();
        var order = CompareNumbers(Epoch(ref first), Epoch(ref second));
        if (order == 0)
        {
            var (dashA, dashB) = (first.LastIndexOf('-'), second.LastIndexOf('-'));
            order = CompareParts(dashA < 0 ? first : first[..dashA], dashB < 0 ? second : second[..dashB]);
            order = order != 0 ? order : CompareParts(dashA < 0 ? [] : first[(dashA + 1)..], dashB < 0 ? [] : second[(dashB + 1)..]);
        }
        return order;
    }

    /// <summary>The version without epoch and Debian revision: "5:7.0.15-1~deb12u5" is 7.0.15.</summary>
    public static string Upstream(string version)
    {
        var rest = version.AsSpan().Trim();
        Epoch(ref rest);
        return (rest.LastIndexOf('-') is var dash and >= 0 ? rest[..dash] : rest).ToString();
    }

    /// <summary>True when the relation operator of a Depends field holds; an empty one always does.</summary>
    public static bool Satisfies(string version, string relation, string wanted) => relation switch
    {
        "" => true,
        "<<" => Compare(version, wanted) < 0,
        "<=" or "<" => Compare(version, wanted) <= 0,
        "=" => Compare(version, wanted) == 0,
        ">=" or ">" => Compare(version, wanted) >= 0,
        ">>" => Compare(version, wanted) > 0,
        _ => false,
    };

    // Cuts the epoch off the front.
    private static ReadOnlySpan<char> Epoch(ref ReadOnlySpan<char> version)
    {
        var colon = version.IndexOf(':');
        var epoch = colon < 0 ? [] : version[..colon];
        version = version[(colon + 1)..];
        return epoch;
    }

    // Alternating runs of non-digits (letters before other characters, "~" before even the end) and of digits (as numbers).
    private static int CompareParts(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        int i = 0, j = 0;
        while (i < a.Length || j < b.Length)
        {
            while ((i < a.Length && !char.IsAsciiDigit(a[i])) || (j < b.Length && !char.IsAsciiDigit(b[j])))
            {
                var order = Weight(a, i).CompareTo(Weight(b, j));
                if (order != 0)
                {
                    return order;
                }
                i++;
                j++;
            }
            var (startA, startB) = (i, j);
            while (i < a.Length && char.IsAsciiDigit(a[i]))
            {
                i++;
            }
            while (j < b.Length && char.IsAsciiDigit(b[j]))
            {
                j++;
            }
            if (CompareNumbers(a[startA..i], b[startB..j]) is var numbers and not 0)
            {
                return numbers;
            }
        }
        return 0;
    }

    private static int CompareNumbers(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        a = a.TrimStart('0');
        b = b.TrimStart('0');
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);
    }

    private static int Weight(ReadOnlySpan<char> text, int at) =>
        at >= text.Length || char.IsAsciiDigit(text[at]) ? 0
        : text[at] == '~' ? -1
        : char.IsAsciiLetter(text[at]) ? text[at]
        : text[at] + 256;
}
