using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Bolt.Diagnostics;

namespace Bolt.Networking;

/// <summary>Subnets of stacks: a /24 of 10.89.0.0/16 to 10.92.0.0/16, by the stack's hash, free on this host.</summary>
internal static class SubnetPool
{
    private const int Count = 4 * 256;

    /// <summary>Of every network that nothing leads into or out of.</summary>
    public static readonly IPNetwork Closed = new(new IPAddress([10, 88, 0, 0]), 24);

    /// <summary>A subnet that no host route and no other stack covers. The same stack gets the same one when it is free.</summary>
    /// <param name="stack">The stack's id.</param>
    /// <param name="used">Subnets of other stacks of this user.</param>
    public static IPNetwork Pick(string stack, IEnumerable<IPNetwork> used) =>
        Pick(stack, [.. used, .. HostRoutes(File.ReadLines("/proc/net/route"))])
        ?? throw new BoltException(NetworkErrors.NoFreeSubnet());

    internal static IPNetwork? Pick(string stack, IReadOnlyList<IPNetwork> taken)
    {
        var hash = Kernel.ShortHash.Of(stack);
        var first = (hash[0] << 8 | hash[1]) % Count;
        for (var i = 0; i < Count; i++)
        {
            var n = (first + i) % Count;
            var subnet = new IPNetwork(new IPAddress([10, (byte)(89 + n / 256), (byte)(n % 256), 0]), 24);
            if (!taken.Any(t => Addresses.Overlap(t, subnet))) return subnet;
        }
        return null;
    }

    /// <summary>The address of the n-th member (0-based); the last four addresses of a subnet belong to the uplink.</summary>
    public static IPAddress MemberAddress(IPNetwork subnet, int n) =>
        n >= 0 && n + 2 < Addresses.Size(subnet) - 4
            ? Addresses.At(subnet, n + 2)
            : throw new BoltException(NetworkErrors.SubnetFull(subnet, n + 1));

    /// <summary>The subnet of a Boltfile, or null when it is none: IPv4 "a.b.c.0/len" with len 8 to 28 and no host bits.</summary>
    public static IPNetwork? Parse(string text) =>
        IPNetwork.TryParse(text, out var subnet)
        && subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork
        && subnet.PrefixLength is >= 8 and <= 28
        && !IPAddress.IsLoopback(subnet.BaseAddress)
        // .NET clears host bits, so a member's address would pass for a subnet.
        && IPAddress.TryParse(text.AsSpan(0, text.IndexOf('/', StringComparison.Ordinal)), out var written)
        && Addresses.HostOrder(written) % Addresses.Size(subnet) == 0
            ? subnet
            : null;

    /// <summary>
    /// /proc/net/route: "Iface Destination Gateway Flags RefCnt Use Metric Mask …", addresses as eight hex digits of the
    /// little-endian word. The default route covers all and is left out.
    /// </summary>
    internal static IEnumerable<IPNetwork> HostRoutes(IEnumerable<string> lines)
    {
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length < 8 || !Word(fields[1], out var destination) || !Word(fields[7], out var mask) || mask == 0) continue;
            yield return new IPNetwork(Addresses.FromHostOrder(destination & mask), System.Numerics.BitOperations.PopCount(mask));
        }
    }

    private static bool Word(string hex, out uint value)
    {
        var ok = uint.TryParse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value);
        value = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
        return ok;
    }
}
