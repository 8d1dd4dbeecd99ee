using System.Collections.Frozen;
using System.Net;

namespace Bolt.Dns;

/// <summary>What is to be done with a packet.</summary>
internal abstract record DnsVerdict
{
    private DnsVerdict() { }
    /// <summary>It is no query.</summary>
    public sealed record Drop : DnsVerdict;
    /// <summary>It is answered from here.</summary>
    public sealed record Reply(byte[] Message) : DnsVerdict;
    /// <summary>The host's resolvers know, or nobody.</summary>
    public sealed record Forward(DnsQuestion Question) : DnsVerdict;
}

/// <summary>
/// A zone, ready to be asked. It claims only its own names: NAME, NAME.DOMAIN and the addresses of both. The domain itself
/// is not claimed, for a project may be called as a top-level domain is.
/// </summary>
internal sealed class ZoneAnswers
{
    private readonly FrozenDictionary<string, IPAddress> _addresses;
    private readonly FrozenDictionary<string, string> _names;

    public ZoneAnswers(Zone zone)
    {
        var addresses = new Dictionary<string, IPAddress>();
        var names = new Dictionary<string, string>();
        foreach (var (name, address) in zone.Entries)
        {
            var lower = name.ToLowerInvariant();
            addresses.TryAdd(lower, address);
            addresses.TryAdd($"{lower}.{zone.Domain.ToLowerInvariant()}", address);
            names.TryAdd(string.Join('.', address.GetAddressBytes().Reverse()) + ".in-addr.arpa", lower);
        }
        _addresses = addresses.ToFrozenDictionary();
        _names = names.ToFrozenDictionary();
    }

    public DnsVerdict Decide(ReadOnlySpan<byte> message)
    {
        if (!DnsQuestion.TryRead(message, out var question, out var code))
            return code is { } wrong ? new DnsVerdict.Reply(DnsResponse.Of(message, null, wrong)) : new DnsVerdict.Drop();
        var asked = question!;
        if (asked.Class is not (DnsQuestion.ClassIn or DnsQuestion.Any)) return new DnsVerdict.Forward(asked);
        if (_addresses.TryGetValue(asked.Name, out var address))
        {
            // Other types: the name exists and has none of them. An NXDOMAIN for AAAA would hide the A record from resolvers.
            return new DnsVerdict.Reply(DnsResponse.Of(message, asked, asked.Type is DnsQuestion.A or DnsQuestion.Any ? address : null));
        }
        return asked.Type is DnsQuestion.Ptr or DnsQuestion.Any && _names.TryGetValue(asked.Name, out var name)
            ? new DnsVerdict.Reply(DnsResponse.Of(message, asked, name))
            : new DnsVerdict.Forward(asked);
    }
}
