using System.Globalization;

namespace Bolt.Launch;

/// <summary>A user's range of subordinate ids, from a line "name-or-uid:first:count" (subuid(5)).</summary>
internal readonly record struct SubordinateIds(uint First, uint Count)
{
    /// <summary>Ids that images use: 0 to 65534, so 65534 beyond the user's own suffice.</summary>
    private const uint Enough = 65534;

    /// <summary>The first range that is large enough, else the largest; null when the user has none.</summary>
    public static SubordinateIds? Find(string fileText, string? userName, uint uid)
    {
        SubordinateIds? best = null;
        var number = uid.ToString(CultureInfo.InvariantCulture);
        foreach (var line in fileText.Split('\n'))
        {
            var fields = line.Trim().Split(':');
            if (fields.Length != 3 || (fields[0] != number && (userName is null || fields[0] != userName)))
                continue;
            if (!TryId(fields[1], out var first) || !TryId(fields[2], out var count) || count == 0 || first == 0 || first + (ulong)count > uint.MaxValue)
                continue;
            if (best is null || (best.Value.Count < Enough && count > best.Value.Count))
                best = new SubordinateIds(first, count);
        }
        return best;
    }

    /// <summary>The login name of a uid in the text of /etc/passwd.</summary>
    public static string? UserName(string passwdText, uint uid)
    {
        var number = uid.ToString(CultureInfo.InvariantCulture);
        foreach (var line in passwdText.Split('\n'))
        {
            var fields = line.Split(':');
            if (fields.Length >= 4 && fields[2] == number && fields[0].Length > 0)
                return fields[0];
        }
        return null;
    }

    private static bool TryId(string text, out uint id) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);
}
