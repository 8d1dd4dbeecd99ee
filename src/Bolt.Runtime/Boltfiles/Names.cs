using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Bolt.Boltfiles;

/// <summary>The forms of names that a Boltfile uses.</summary>
internal static partial class Names
{
    /// <summary>capabilities(7), without CAP_.</summary>
    private static readonly FrozenSet<string> Capabilities = new[]
    {
        "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN",
        "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
        "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST",
        "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT",
        "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG",
        "WAKE_ALARM",
    }.ToFrozenSet();

    /// <summary>A service, project or volume name; also fit for a folder, a host name's label and an id.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>A package's name (Debian policy 5.6.7), with or without a relation to a version.</summary>
    public static bool IsPackage(string text) => Package().IsMatch(text);

    /// <summary>The nearest text that <see cref="IsName"/> accepts.</summary>
    public static string Folded(string text)
    {
        var folded = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? char.ToLowerInvariant(c) : '-'))
            .Trim('-', '_');
        return folded.Length == 0 ? "stack" : folded[..Math.Min(folded.Length, 63)];
    }

    public static string? ReadCapability(string text, out string capability)
    {
        var upper = text.ToUpperInvariant();
        capability = upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper[4..] : upper;
        return Capabilities.Contains(capability) ? null
            : $"is no capability; write `{Spelling.Nearest(capability, Capabilities) ?? "NET_ADMIN"}`";
    }

    public static string? ReadRestart(string text, out RestartPolicy policy)
    {
        (policy, var known) = text switch
        {
            "no" => (RestartPolicy.No, true),
            "always" => (RestartPolicy.Always, true),
            "on-failure" => (RestartPolicy.OnFailure, true),
            "unless-stopped" => (RestartPolicy.UnlessStopped, true),
            _ => (default, false),
        };
        return known ? null : "is no restart policy; write `no`, `always`, `on-failure` or `unless-stopped`";
    }

    public static string? ReadHost(string text, out string line)
    {
        line = text;
        var split = text.IndexOf(':');
        return split > 0 && System.Net.IPAddress.TryParse(text[(split + 1)..], out _) ? null
            : "is not of the form NAME:ADDRESS; write `\"printer:192.0.2.7\"`";
    }

    public static string? ReadPath(string text, out string path)
    {
        path = text.Split(':')[0];
        return path.StartsWith('/') && !path.Split('/').Contains("..") ? null
            : $"is no absolute path; write `/{path.Trim('.', '/')}`";
    }

    /// <summary>
    /// An OCI reference (distribution/reference: [HOST[:PORT]/]PATH[:TAG][@DIGEST]), <c>bolt://NAME[:TAG]</c>, or a path.
    /// </summary>
    public static string? ReadImage(string text, out string image)
    {
        image = text;
        if (text.Length > 0 && text[0] is '.' or '/' or '~')
        {
            return null;
        }
        var bolt = text.StartsWith("bolt://", StringComparison.Ordinal);
        var name = bolt ? text[7..] : text;
        if (IsImage(name))
        {
            return null;
        }
        var lower = name.ToLowerInvariant();
        return name.Contains("://", StringComparison.Ordinal)
            ? $"has an unknown scheme; write `{name[(name.IndexOf("://", StringComparison.Ordinal) + 3)..]}`"
            : lower != name && IsImage(lower) ? $"has capitals; write `{(bolt ? "bolt://" : "")}{lower}`"
            : "is no image reference; write `bolt://nginx:latest` or `HOST/NAME:TAG`";
    }

    /// <summary><c>NAME[:TAG]</c> of a recipe, or the path of a recipe file.</summary>
    public static string? ReadCapsule(string text, out string recipe)
    {
        recipe = text;
        return text.EndsWith(".capsule.toml", StringComparison.Ordinal) || Recipe().IsMatch(text) ? null
            : "is no recipe; write `postgres`, `postgres:15` or `./mine.capsule.toml`";
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?\z")]
    private static partial Regex Recipe();

    /// <summary>[HOST[:PORT]/]PATH[:TAG][@ALGORITHM:HEX], by hand: a pattern that never goes back costs 40 ms when it is first used.</summary>
    private static bool IsImage(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? text : text[..at];
        if (at >= 0 && !(text[(at + 1)..].Split(':') is [{ Length: > 0 } algorithm, { Length: >= 32 } hex]
            && algorithm.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)) && hex.All(char.IsAsciiHexDigitLower)))
        {
            return false;
        }
        var colon = name.IndexOf(':', name.LastIndexOf('/') + 1);
        if (colon >= 0 && !Tag().IsMatch(name[(colon + 1)..]))
        {
            return false;
        }
        var parts = (colon < 0 ? name : name[..colon]).Split('/');
        return parts.Length > 1 && Host().IsMatch(parts[0]) ? parts.Skip(1).All(IsPart) : parts.All(IsPart);
    }

    private static bool IsPart(string part) => part.Length > 0 && part[0] is not ('.' or '_' or '-') && part[^1] is not ('.' or '_' or '-')
        && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-');

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\A[A-Za-z0-9.-]+(:[0-9]+)?\z")]
    private static partial Regex Host();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9+.-]{0,127}( \((=|>=|<=|<<|>>) [A-Za-z0-9.+:~-]{1,128}\))?\z")]
    private static partial Regex Package();
}
