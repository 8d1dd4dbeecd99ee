using Bolt.Launch;
using CsCheck;

namespace Bolt.Runtime.Tests.Launch;

public class SheetTests
{
    private static readonly CapsuleSheet Sample = new()
    {
        Id = "web-1",
        Folder = "/run/bolt/stacks/s/capsules/web",
        Ids = new IdMap(1000, 1000, 100000, 100000, 65536),
        MapWay = IdMapWay.Programs,
        SandboxPid = 4711,
        Namespaces = 0x6E020000,
        Slots = 3,
        Before = [new(LaunchOperation.OpenTree, "/srv/ä", X: 1, Y: 1)],
        Between = [new(LaunchOperation.SetTree, "/srv/ä", X: 1, Y: 6)],
        Beside = [new(LaunchOperation.CreateVeth, "br0", "v1", X: 65520)],
        Entry = [new(LaunchOperation.EnterGroup, "/sys/fs/cgroup/memory/x", X: 2)],
        Inside = [new(LaunchOperation.Mount, "tmpfs", "/tmp", "mode=1777", X: 6, Y: -1, Z: long.MinValue)],
        Service = [new(LaunchOperation.Execute)],
        Command = ["/bin/web", ""],
        Environment = ["A=b c", "EMPTY="],
        Filter = [1, 2, 3, 4, 5, 6, 7, 8],
        Terminal = true,
        Notify = true,
        StopSignal = 3,
        LogRotateBytes = 1 << 20,
        Cgroups = ["/sys/fs/cgroup/bolt-web-1"],
        OutOfMemoryFile = "/sys/fs/cgroup/bolt-web-1/memory.events",
    };

    [Fact]
    public void A_capsule_sheet_comes_back_as_it_was()
    {
        var reader = SheetReader.FromStream(new MemoryStream(Sample.ToMessage()))!;
        var back = CapsuleSheet.Read(reader);
        Assert.True(reader.AtEnd);
        Assert.Equal(Sample.ToMessage(), back.ToMessage());
        Assert.Equal(Sample.Inside, back.Inside);
        Assert.Equal(Sample.Environment, back.Environment);
    }

    [Fact]
    public void Every_cut_is_refused()
    {
        var message = Sample.ToMessage();
        for (var length = 1; length < message.Length; length++)
        {
            var cut = message[..length];
            Assert.Throws<InvalidDataException>(() => SheetReader.FromStream(new MemoryStream(cut)));
            if (length > 8)
            {
                // The prefix tells the truth about a body that ends early.
                BitConverter.TryWriteBytes(cut, (long)length - 8);
                Assert.Throws<InvalidDataException>(() => CapsuleSheet.Read(SheetReader.FromStream(new MemoryStream(cut))!));
            }
        }
    }

    [Fact]
    public void Hostile_bytes_are_refused_and_cost_no_memory() =>
        Gen.Byte.Array[0, 400].Sample(bytes =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                _ = CapsuleSheet.Read(new SheetReader(bytes));
            }
            catch (InvalidDataException)
            {
                // The only answer there is.
            }

            return GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20;
        });

    [Theory]
    [InlineData(-1L)]
    [InlineData((long)SheetReader.MaxLength + 1)]
    [InlineData(long.MaxValue)]
    public void A_length_out_of_bounds_is_refused_before_anything_is_allocated(long length) =>
        Assert.Throws<InvalidDataException>(() => SheetReader.FromStream(new MemoryStream(BitConverter.GetBytes(length))));

    [Fact]
    public void A_text_with_a_nul_is_refused()
    {
        var writer = new SheetWriter();
        writer.Text("a\0b");
        var reader = SheetReader.FromStream(new MemoryStream(writer.ToMessage()))!;
        Assert.Throws<InvalidDataException>(reader.Text);
    }
}
