namespace Bolt.Boltfiles;

/// <summary>The known word that was most likely meant.</summary>
internal static class Spelling
{
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var folded = Fold(word);
        var best = known
            .Select(k => (Word: k, Cost: Cost(folded, Fold(k))))
            .OrderBy(c => c.Cost).ThenBy(c => c.Word, StringComparer.Ordinal)
            .FirstOrDefault((Word: null!, Cost: double.MaxValue));
        return best.Cost <= 0.4 ? best.Word : null;
    }

    private static string Fold(string word) =>
        string.Concat(word.Where(c => c is not ('_' or '-' or ' '))).ToLowerInvariant();

    /// <summary>0 for equal words, 1 for words with nothing in common.</summary>
    private static double Cost(string word, string known)
    {
        if (word.Length == 0 || known.Length == 0)
        {
            return 1;
        }
        var distance = Distance(word, known) / (double)Math.Max(word.Length, known.Length);
        // `image_name` means `image`: a whole known word inside counts as near, the longer the nearer.
        var inside = known.Length >= 3 && word.Contains(known, StringComparison.Ordinal)
            || word.Length >= 3 && known.StartsWith(word, StringComparison.Ordinal);
        return inside ? Math.Min(distance, 0.3 + 0.1 * distance) : distance;
    }

    private static int Distance(string a, string b)
    {
        // A bound on work for hostile keys; no known word is near this length.
        if (a.Length > 64)
        {
            return a.Length;
        }
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            rows[i, 0] = i;
        }
        for (var j = 0; j <= b.Length; j++)
        {
            rows[0, j] = j;
        }
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }
        return rows[a.Length, b.Length];
    }
}
