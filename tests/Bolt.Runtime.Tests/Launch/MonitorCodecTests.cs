using Bolt.Launch;
using CsCheck;

namespace Bolt.Runtime.Tests.Launch;

public class MonitorCodecTests
{
    public static TheoryData<object> Messages =>
    [
        new MonitorMessage.Watch(),
        new MonitorMessage.Follow(),
        new MonitorMessage.Signal(15),
        new MonitorMessage.Attach(80, 24),
        new MonitorMessage.InputEnd(),
        new MonitorMessage.Resize(65535, 0),
        new MonitorMessage.Running("web-1", 4711, 3, Terminal: true, Ready: false),
        new MonitorMessage.Notified(),
        new MonitorMessage.Exited(new ExitRecord(null, 9, OutOfMemory: true, MonitorDied: false, 1795518000123456)),
        new MonitorMessage.LogGrew(),
        new MonitorMessage.ExecStarted(12),
        new MonitorMessage.Failed("Execute", "größe", 2),
        new MonitorMessage.Attached(long.MaxValue),
    ];

    [Theory, MemberData(nameof(Messages))]
    public void What_is_written_is_read(object message) =>
        Assert.Equal((MonitorMessage)message, MonitorCodec.Read(MonitorCodec.Write((MonitorMessage)message)));

    [Fact]
    public void A_command_is_read_as_written()
    {
        var written = new MonitorMessage.Exec(["sh", "-c", ""], ["A=1"], "guest", "/tmp", Terminal: true, InputOpen: false, 101, 33);
        var read = Assert.IsType<MonitorMessage.Exec>(MonitorCodec.Read(MonitorCodec.Write(written)));
        Assert.Equal(written.Command, read.Command);
        Assert.Equal(written.Environment, read.Environment);
        Assert.Equal(written with { Command = read.Command, Environment = read.Environment }, read);
    }

    [Fact]
    public void Data_is_read_as_written() =>
        Gen.Byte.Array[0, 100].Sample(bytes =>
            MonitorCodec.Read(MonitorCodec.Write(new MonitorMessage.Output(true, bytes))) is MonitorMessage.Output(true, var read)
            && read.Span.SequenceEqual(bytes));

    [Fact]
    public void No_packet_makes_it_throw() =>
        Gen.Byte.Array[0, 300].Sample(packet => { MonitorCodec.Read(packet); });

    [Fact]
    public void No_damage_makes_it_throw() =>
        Gen.Select(Gen.Int[0, 60], Gen.Byte, Gen.Int[0, 80]).Sample((at, value, length) =>
        {
            var packet = MonitorCodec.Write(new MonitorMessage.Exec(["sh", "-c", "echo"], ["A=1", "B=2"], "u", "/", true, true, 1, 2));
            packet[at % packet.Length] = value;
            MonitorCodec.Read(packet.AsSpan(0, Math.Min(length, packet.Length)));
        });

    [Fact]
    public void A_count_that_cannot_fit_is_refused() => Assert.Null(MonitorCodec.Read([4, 255, 255, 255, 127, 0, 0, 0, 0]));

    [Fact]
    public void Bytes_after_a_message_are_refused() => Assert.Null(MonitorCodec.Read([1, 0]));

    [Fact]
    public void Too_much_data_is_refused() => Assert.Null(MonitorCodec.Read([6, .. new byte[MonitorMessage.MaxData + 1]]));
}
