using Bolt.Capsules;
using Bolt.Diagnostics;

namespace Bolt.Host.Tests.Capsules;

public class CapsuleLifeTests
{
    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("kill -TERM $$", 143)]
    public async Task Its_end_is_told_as_wait_says_it(string script, int shellCode)
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sh", "-c", script);
        var exit = await capsule.WaitAsync(CapsuleRoom.Token);
        Assert.Equal(shellCode, exit.ShellCode);
        Assert.Equal(exit, Capsule.ReadExit(capsule.Folder));
        Assert.Null(Capsule.TryAdopt(capsule.Folder));
    }

    [Fact]
    public async Task A_command_that_is_not_there_starts_nothing()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var spec = room.Spec("no-such-program");
        var thrown = await Assert.ThrowsAsync<BoltException>(() => room.StartAsync(spec));
        Assert.Contains("no-such-program", thrown.Diagnostic.Message, StringComparison.Ordinal);
        Assert.Null(Capsule.TryAdopt(spec.Folder));
    }

    [Fact]
    public async Task A_late_watcher_hears_all_events()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("true");
        await capsule.WaitAsync(CapsuleRoom.Token);
        var events = new List<CapsuleEvent>();
        await foreach (var happened in capsule.WatchAsync(CapsuleRoom.Token))
            events.Add(happened);
        Assert.Equal(new CapsuleEvent.Started(capsule.Pid), events[0]);
        Assert.Equal(0, Assert.IsType<CapsuleEvent.Exited>(events[^1]).Exit.Code);
    }

    [Fact]
    public async Task Stop_asks_first()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sh", "-c", "trap 'exit 9' TERM; echo set; sleep 1000 & wait");
        await LineAsync(capsule, "set");
        var exit = await capsule.StopAsync(TimeSpan.FromMinutes(1), CapsuleRoom.Token);
        Assert.Equal(9, exit.Code);
    }

    [Fact]
    public async Task Stop_kills_what_does_not_listen()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sh", "-c", "trap '' TERM; echo set; while :; do sleep 1000; done");
        await LineAsync(capsule, "set");
        var exit = await capsule.StopAsync(TimeSpan.FromMilliseconds(50), CapsuleRoom.Token);
        Assert.Equal(9, exit.Signal);
    }

    [Fact]
    public async Task One_folder_holds_one_capsule()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var spec = room.Spec("sleep", "1000");
        await room.StartAsync(spec);
        var thrown = await Assert.ThrowsAsync<BoltException>(() => room.StartAsync(spec));
        Assert.Equal("BOLT5103", thrown.Diagnostic.Code);
        Assert.NotNull(Capsule.TryAdopt(spec.Folder));
    }

    [Fact]
    public async Task Ready_is_told_once_it_is_said()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        const string script = """
            use Socket; my $to = $ENV{NOTIFY_SOCKET}; $to =~ s/^@/\0/;
            socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; 
            send($s, "STATUS=warming\n", 0, pack_sockaddr_un($to)) or die "send: $!";
            send($s, "MAINPID=1\nREADY=1\n", 0, pack_sockaddr_un($to)) or die; sleep 1000;
            """;
        var spec = room.Spec("/usr/bin/perl", "-e", script) with
        {
            Notify = true,
            Mounts = [new CapsuleMount.Bind("/usr", "/usr", ReadOnly: true)],
        };
        var capsule = await room.StartAsync(spec);
        await foreach (var happened in capsule.WatchAsync(CapsuleRoom.Token))
        {
            if (happened is CapsuleEvent.Notified)
                return;
            Assert.IsType<CapsuleEvent.Started>(happened);
        }
        Assert.Fail("it ended");
    }

    internal static async Task LineAsync(Capsule capsule, string text)
    {
        await foreach (var line in CapsuleLog.ReadAsync(capsule.Folder, follow: true, null, null, CapsuleRoom.Token))
            if (line.Text == text)
                return;
        Assert.Fail($"no line {text}");
    }
}
