namespace Bolt.Kernel;

/// <summary>What makes a link worse: the queueing discipline netem (tc-netem(8)), and its being down. As <see cref="Netlink"/>.</summary>
internal static unsafe class NetlinkTrouble
{
    private const ushort NewDiscipline = 36, DeleteDiscipline = 37;
    private const ushort Request = 1, Ack = 4, Replace = 0x100, Create = 0x400;
    private const ushort KindAttribute = 1, OptionsAttribute = 2;
    private const uint Root = uint.MaxValue;

    /// <summary>Packets that a link waits to send.</summary>
    private const uint Limit = 1000;

    /// <summary>
    /// Delays and drops what the link sends; what it did before is replaced. ENOENT: the kernel has no netem.
    /// </summary>
    /// <param name="route">A route socket.</param>
    /// <param name="index">The link.</param>
    /// <param name="latency">Of each packet.</param>
    /// <param name="jitter">By which that varies.</param>
    /// <param name="loss">Share of lost packets, 0 to 1.</param>
    public static int Set(int route, int index, TimeSpan latency, TimeSpan jitter, double loss)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = SetMessage(buffer, index, latency, jitter, loss);
        return Netlink.Send(route, ref m);
    }

    /// <summary>The message alone.</summary>
    public static NetlinkMessage SetMessage(byte* buffer, int index, TimeSpan latency, TimeSpan jitter, double loss)
    {
        var m = new NetlinkMessage(buffer, NewDiscipline, Request | Ack | Replace | Create);
        Head(ref m, index);
        m.Text(KindAttribute, "netem"u8);
        // struct tc_netem_qopt { u32 latency; u32 limit; u32 loss; u32 gap; u32 duplicate; u32 jitter; }
        var options = stackalloc uint[6] { Ticks(latency), Limit, (uint)Math.Round(Math.Clamp(loss, 0, 1) * uint.MaxValue), 0, 0, Ticks(jitter) };
        m.Bytes(OptionsAttribute, new ReadOnlySpan<byte>(options, 24));
        return m;
    }

    /// <summary>Sends at once and everything again. That nothing else was asked of it is no error.</summary>
    public static int Clear(int route, int index)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, DeleteDiscipline, Request | Ack);
        Head(ref m, index);
        var error = Netlink.Send(route, ref m);
        return error is (int)Errno.ENOENT or (int)Errno.EINVAL ? 0 : error;
    }

    // struct tcmsg { u8 family; u8 pad; u16 pad; i32 index; u32 handle; u32 parent; u32 info; }
    private static void Head(ref NetlinkMessage m, int index)
    {
        m.Raw32(0);
        m.Raw32((uint)index);
        m.Raw32(0);
        m.Raw32(Root);
        m.Raw32(0);
    }

    // The kernel's packet scheduler counts in 64 ns.
    private static uint Ticks(TimeSpan time) => (uint)Math.Clamp(time.TotalNanoseconds / 64, 0, uint.MaxValue);
}
