namespace Bolt.Evidence;

/// <summary>An address as it may be published: without who asks, also where it is no well-formed one.</summary>
internal static class PublicAddress
{
    public static string Of(string address)
    {
        var text = address.Trim('"');
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return text;
        }
        var start = scheme + 3;
        var slash = text.IndexOf('/', start);
        var authority = text[start..(slash < 0 ? text.Length : slash)];
        // "user:pa/ss@host": what stands before the slash is no host with a port, so the name goes on behind it.
        var odd = authority.Split(':', 2) is [_, var port] && !port.All(char.IsAsciiDigit) && !authority.EndsWith(']');
        var at = odd ? text.LastIndexOf('@') : start + authority.LastIndexOf('@');
        return at >= start ? text[..start] + text[(at + 1)..] : text;
    }
}
