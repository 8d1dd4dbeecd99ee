using System.Net;
using System.Text;
using Bolt.Dns;

namespace Bolt.Runtime.Tests.Dns;

public class ZoneAnswersTests
{
    private static readonly ZoneAnswers Answers = new(new Zone("Shop", [new("db", IPAddress.Parse("10.89.3.3")), new("web", IPAddress.Parse("10.89.3.2")), new("www", IPAddress.Parse("10.89.3.2"))]));

    /// <summary>Header with one question and "recursion desired", then the question.</summary>
    private static byte[] Query(string name, ushort type) =>
    [
        0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        .. name.Split('.').SelectMany(l => Encoding.ASCII.GetBytes(l).Prepend((byte)l.Length)), 0,
        (byte)(type >> 8), (byte)type, 0, 1,
    ];

    private static byte[] Reply(byte[] query) => Assert.IsType<DnsVerdict.Reply>(Answers.Decide(query)).Message;

    [Theory]
    [InlineData("db")]
    [InlineData("DB")]
    [InlineData("db.shop")]
    public void A_service_has_its_address(string name)
    {
        var query = Query(name, DnsQuestion.A);
        byte[] expected =
        [
            0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,
            .. query[12..],
            0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 89, 3, 3,
        ];
        Assert.Equal(expected, Reply(query));
    }

    [Fact]
    public void A_service_has_no_IPv6_address_and_still_exists()
    {
        var reply = Reply(Query("db", DnsQuestion.Aaaa));
        Assert.Equal([0x85, 0x80, 0, 1, 0, 0], reply[2..8]);
        Assert.Equal(Query("db", DnsQuestion.Aaaa).Length, reply.Length);
    }

    [Fact]
    public void An_address_has_its_name()
    {
        var reply = Reply(Query("2.3.89.10.in-addr.arpa", DnsQuestion.Ptr));
        Assert.Equal("\u0003web\0"u8.ToArray(), reply[^5..]);
    }

    [Theory]
    [InlineData("example.org", DnsQuestion.A)]
    [InlineData("cache", DnsQuestion.A)]
    [InlineData("other.shop", DnsQuestion.A)]
    [InlineData("9.9.9.9.in-addr.arpa", DnsQuestion.Ptr)]
    [InlineData("", 2)]
    public void Other_names_are_for_the_hosts_resolvers(string name, ushort type) =>
        Assert.IsType<DnsVerdict.Forward>(Answers.Decide(name.Length == 0 ? [.. Query("x", type)[..12], 0, 0, 2, 0, 1] : Query(name, type)));

    [Fact]
    public void What_is_no_query_gets_no_answer()
    {
        Assert.IsType<DnsVerdict.Drop>(Answers.Decide([]));
        Assert.IsType<DnsVerdict.Drop>(Answers.Decide(new byte[11]));
        var response = Query("db", DnsQuestion.A);
        response[2] |= 0x80;
        Assert.IsType<DnsVerdict.Drop>(Answers.Decide(response));
    }

    public static TheoryData<byte[]> Hostile() => new(
        Query("db", 1)[..^1],                                                            // ends inside the question
        Query("db", 1)[..13],                                                            // ends inside a label
        [.. Query("db", 1)[..12], 0xC0, 12, 0, 1, 0, 1],                                 // a pointer to itself
        [.. Query("db", 1)[..12], 64, .. new byte[64], 0, 0, 1, 0, 1],                   // a label of 64 bytes
        [.. Query("db", 1)[..12], .. Enumerable.Repeat<byte[]>([1, 97], 200).SelectMany(l => l), 0, 0, 1, 0, 1], // a name of 401 bytes
        [0x12, 0x34, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],                                      // no question
        [0x12, 0x34, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, .. Query("db", 1)[12..], .. Query("db", 1)[12..]]); // two

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_broken_question_is_a_format_error(byte[] packet)
    {
        var reply = Reply(packet);
        Assert.Equal([0x12, 0x34, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0], reply);
    }

    [Fact]
    public void Updates_and_notifications_are_not_implemented()
    {
        var update = Query("db", 1);
        update[2] = 0x28;
        Assert.Equal(4, Reply(update)[3] & 0xF);
    }

    [Fact]
    public void A_dot_inside_a_label_is_no_border() =>
        Assert.IsType<DnsVerdict.Forward>(Answers.Decide([.. Query("db", 1)[..12], 7, .. "db.shop"u8, 0, 0, 1, 0, 1]));

    [Fact]
    public void No_packet_makes_it_throw()
    {
        var random = new Random(20261124);
        for (var i = 0; i < 20000; i++)
        {
            var packet = new byte[random.Next(64)];
            random.NextBytes(packet);
            if (packet.Length > 5) (packet[2], packet[4], packet[5]) = ((byte)(packet[2] & 0x7F), 0, 1);
            if (Answers.Decide(packet) is DnsVerdict.Reply(var message)) Assert.True(message.Length >= 12);
        }
    }
}
