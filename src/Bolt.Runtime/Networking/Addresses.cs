using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Bolt.Networking;

/// <summary>IPv4 arithmetic.</summary>
internal static class Addresses
{
    public static long Size(IPNetwork subnet) => 1L << (32 - subnet.PrefixLength);

    public static IPAddress At(IPNetwork subnet, long offset) => FromHostOrder(HostOrder(subnet.BaseAddress) + (uint)offset);

    public static bool Overlap(IPNetwork a, IPNetwork b) => a.Contains(b.BaseAddress) || b.Contains(a.BaseAddress);

    public static uint HostOrder(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetwork) throw new ArgumentException("not an IPv4 address", nameof(address));
        return BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
    }

    /// <summary>As struct in_addr holds it.</summary>
    public static uint NetworkOrder(IPAddress address) => BinaryPrimitives.ReverseEndianness(HostOrder(address));

    public static IPAddress FromHostOrder(uint address)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, address);
        return new IPAddress(bytes);
    }
}
