using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Bolt.Boltfiles;

/// <summary>
/// The one-line forms of ports, mounts, sizes and times, shared by Boltfiles and command lines. Each method returns null
/// when the text is well, else what is wrong with it: a sentence's end, "; " and the fix.
/// </summary>
public static class ShortForms
{
    private const int MaxRange = 1000;
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <summary>
    /// <c>[IP:][HOST:]CONTAINER[/tcp|/udp]</c>, where HOST and CONTAINER are ports or equally long ranges. Without HOST any
    /// free host port is asked for; without IP it is 127.0.0.1.
    /// </summary>
    /// <param name="text">"8080:80", "127.0.0.1:8080:80/tcp", "[::1]:53:53/udp", "8000-8002:8000-8002", "80".</param>
    /// <param name="ports">One mapping per port.</param>
    public static string? ReadPorts(string text, out ImmutableArray<PortMapping> ports)
    {
        ports = [];
        var slash = text.LastIndexOf('/');
        var (body, protocol) = slash < 0 ? (text, "tcp") : (text[..slash], text[(slash + 1)..].ToLowerInvariant());
        if (protocol is not ("tcp" or "udp"))
        {
            return $"has no protocol `{protocol}`; write `{body}/tcp` or `{body}/udp`";
        }
        var ip = "127.0.0.1";
        var parts = body.Split(':');
        if (body.StartsWith('[') && body.IndexOf("]:", StringComparison.Ordinal) is > 0 and var close)
        {
            ip = body[1..close];
            parts = ["", .. body[(close + 2)..].Split(':')];
        }
        else if (parts.Length == 3)
        {
            ip = parts[0];
        }
        if (parts.Length > 3 || !IPAddress.TryParse(ip, out var address) || !ip.Contains(':') && ip.Count(c => c == '.') != 3)
        {
            return parts.Length > 3 ? "has too many parts; write `127.0.0.1:8080:80`"
                : $"does not begin with an address; write `127.0.0.1:{string.Join(':', parts[1..])}`";
        }
        var host = parts.Length == 1 ? "" : parts[^2];
        if (Range(parts[^1], out var inside) is { } wrong || host.Length > 0 && (wrong = Range(host, out _)) is not null)
        {
            return wrong;
        }
        var outside = host.Length == 0 ? default : Range(host, out var range) is null ? range : default;
        if (host.Length > 0 && outside.Count != inside.Count)
        {
            return $"pairs {outside.Count} host ports with {inside.Count}; write ranges of the same length";
        }
        ports = [.. Enumerable.Range(0, inside.Count).Select(i => new PortMapping(address.ToString(),
            host.Length == 0 ? 0 : outside.First + i, inside.First + i, protocol == "udp" ? PortProtocol.Udp : PortProtocol.Tcp))];
        return null;
    }

    private static string? Range(string text, out (int First, int Count) range)
    {
        range = default;
        var ends = text.Split('-');
        var numbers = ends.Select(e => int.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1).ToArray();
        if (ends.Length > 2 || numbers.Contains(-1))
        {
            return $"has no port number in `{text}`; write `8080:80`";
        }
        if (numbers.Any(n => n is < 1 or > 65535))
        {
            return $"has a port out of range, `{text}`; write a number from 1 to 65535";
        }
        range = (numbers[0], numbers[^1] - numbers[0] + 1);
        return range.Count < 1 ? $"has a range that runs backwards; write `{ends[1]}-{ends[0]}`"
            : range.Count > MaxRange ? $"has more than {MaxRange} ports; write a shorter range" : null;
    }

    /// <summary>
    /// <c>SOURCE:TARGET[:ro|rw|z|Z]</c>. A source that begins with <c>.</c>, <c>/</c> or <c>~</c> is a path of the host, any
    /// other a named volume. z and Z are accepted for files shared with SELinux hosts and change nothing.
    /// </summary>
    public static string? ReadVolume(string text, out VolumeMount mount)
    {
        mount = new VolumeMount.Named("", "", false);
        var parts = text.Split(':');
        if (parts.Length < 2)
        {
            return $"names no volume or folder for its target; write `NAME:{text}` or `./FOLDER:{text}`";
        }
        if (parts.Length > 3 || parts[0].Length == 0)
        {
            return "is not of the form SOURCE:TARGET[:OPTIONS]; write `./FOLDER:/PATH:ro`";
        }
        var (source, target) = (parts[0], parts[1]);
        if (!target.StartsWith('/') || target.Split('/').Contains("..") || target.Contains('\0'))
        {
            return $"has a target that is no absolute path, `{target}`; write `{source}:{Path.GetFullPath(target.Replace("\0", ""), "/")}`";
        }
        var readOnly = false;
        foreach (var option in parts.Length < 3 ? [] : parts[2].Split(','))
        {
            if (option is not ("ro" or "rw" or "z" or "Z"))
            {
                return $"has an unknown option `{option}`; write `ro` or `rw`";
            }
            readOnly |= option == "ro";
        }
        if (source[0] is '.' or '/' or '~')
        {
            mount = new VolumeMount.Bind(source, target, readOnly);
            return source.Contains('\0') ? "has a NUL character; remove it" : null;
        }
        mount = new VolumeMount.Named(source, target, readOnly);
        return Names.IsName(source) ? null
            : $"has `{source}`, which is no volume name; write `./{source}` for a folder, or a name of letters, digits, `_`, `.` and `-`";
    }

    /// <summary>Bytes: a number and K, M, G or T (also Ki, KB…), always counted in 1024 as in Docker.</summary>
    public static string? ReadSize(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        var unit = text[digits..].Trim().ToLowerInvariant();
        var power = unit is "" or "b" ? 0 : "kmgt".IndexOf(unit[0]) + 1;
        if (digits == 0 || power == 0 && unit is not ("" or "b") || power > 0 && unit[1..] is not ("" or "i" or "b" or "ib")
            || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return "is no size; write `5Gi` or `512Mi`";
        }
        var value = number * Math.Pow(1024, power);
        bytes = value < long.MaxValue / 2 ? (long)value : 0;
        return bytes > 0 ? null : "is out of range; write a size from 1 byte to 4096 Ti, such as `5Gi`";
    }

    /// <summary>A time: numbers with ms, s, m, h or d, as in <c>1m30s</c>.</summary>
    public static string? ReadDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        var seconds = 0.0;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return digits < 0 ? $"has no unit; write `{text}s`" : "is no time; write `30s` or `1m30s`";
            }
            rest = rest[digits..];
            var letters = rest.IndexOfAny(Digits) is >= 0 and var next ? next : rest.Length;
            var unit = rest[..letters] switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, "d" => 86400, _ => -1 };
            if (unit < 0)
            {
                return $"has an unknown unit `{rest[..letters]}`; write `30s` or `1m30s`";
            }
            seconds += number * unit;
            rest = rest[letters..];
        }
        if (text.Length == 0 || seconds > 365 * 86400.0)
        {
            return "is no time up to a year; write `30s` or `1m30s`";
        }
        duration = TimeSpan.FromSeconds(seconds);
        return null;
    }

    /// <summary>CPU cores: <c>0.5</c>, <c>2</c>, or thousandths as in <c>500m</c>.</summary>
    public static string? ReadCpu(string text, out double cores)
    {
        var milli = text.EndsWith('m');
        var number = milli ? text[..^1] : text;
        var read = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out cores);
        cores = milli ? cores / 1000 : cores;
        return read && cores is > 0 and <= 4096 ? null : "is no number of CPU cores; write `0.5` or `2`";
    }

    /// <summary>How many processes and threads.</summary>
    public static string? ReadPids(string text, out long count) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is > 0 and <= 4_194_304
            ? null
            : "is no number of processes; write `100`";
}
