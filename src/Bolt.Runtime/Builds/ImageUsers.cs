using System.Globalization;

namespace Bolt.Builds;

/// <summary>/etc/passwd and /etc/group of an image, for names in --chown.</summary>
internal sealed class ImageUsers(string passwd, string group)
{
    /// <summary>"user[:group]" as ids; null names one that is not known. A number without a group is its own group.</summary>
    public (uint Uid, uint Gid)? Find(string text, out string? unknown)
    {
        var parts = text.Split(':', 2);
        unknown = null;
        uint gid;
        if (Number(parts[0]) is { } uid)
        {
            gid = uid;
        }
        else if (Row(passwd, parts[0]) is { Length: >= 4 } row && Number(row[2]) is { } found && Number(row[3]) is { } own)
        {
            (uid, gid) = (found, own);
        }
        else
        {
            unknown = parts[0];
            return null;
        }
        if (parts.Length == 2 && parts[1].Length > 0)
        {
            if ((Number(parts[1]) ?? (Row(group, parts[1]) is { Length: >= 3 } named ? Number(named[2]) : null)) is not { } chosen)
            {
                unknown = parts[1];
                return null;
            }
            gid = chosen;
        }
        return (uid, gid);
    }

    private static string[]? Row(string text, string name) => text.Split('\n').Select(l => l.Split(':')).FirstOrDefault(r => r[0] == name);

    public static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
