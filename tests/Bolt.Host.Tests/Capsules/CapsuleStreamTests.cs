using System.Text;
using Bolt.Capsules;

namespace Bolt.Host.Tests.Capsules;

public class CapsuleStreamTests
{
    [Fact]
    public async Task The_log_keeps_lines_streams_and_a_last_line_without_end()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var before = DateTimeOffset.UtcNow;
        var capsule = await room.StartAsync("sh", "-c", "echo one; echo two >&2; printf three");
        await capsule.WaitAsync(CapsuleRoom.Token);
        var lines = await LinesAsync(capsule);
        Assert.Equal([(false, "one", false), (false, "three", true)], lines.Where(l => !l.IsError).Select(l => (l.IsError, l.Text, l.Partial)));
        Assert.Equal([(true, "two", false)], lines.Where(l => l.IsError).Select(l => (l.IsError, l.Text, l.Partial)));
        Assert.All(lines, line => Assert.InRange(line.At, before, DateTimeOffset.UtcNow));
        Assert.Equal(["three"], (await LinesAsync(capsule, tail: 1)).Select(l => l.Text));
        Assert.Empty(await LinesAsync(capsule, since: DateTimeOffset.UtcNow));
    }

    [Fact]
    public async Task The_log_turns_over_and_a_reader_misses_no_line()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync(room.Spec("sh", "-c", "read go; for i in $(seq 3000); do echo line $i; done") with
        {
            LogRotateBytes = 96 << 10,
            StdinOpen = true,
        });
        var reading = LinesAsync(capsule, follow: true);
        await capsule.AttachAsync(new ExecStreams(new MemoryStream("go\n"u8.ToArray()), Stream.Null, Stream.Null), null, CapsuleRoom.Token);
        Assert.Equal(Enumerable.Range(1, 3000).Select(i => $"line {i}"), (await reading).Select(l => l.Text));
        Assert.InRange(new FileInfo(Path.Combine(capsule.Folder, "log")).Length, 1, 96 << 10);
        Assert.InRange(new FileInfo(Path.Combine(capsule.Folder, "log.1")).Length, 1, 96 << 10);
    }

    [Fact]
    public async Task Attached_input_ends_with_the_callers()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync(room.Spec("sh", "-c", "cat; echo end >&2") with { StdinOpen = true });
        var big = new string('x', 300_000) + "\n";
        var (output, error) = (new MemoryStream(), new MemoryStream());
        await capsule.AttachAsync(new ExecStreams(new MemoryStream(Encoding.UTF8.GetBytes(big)), output, error), null, CapsuleRoom.Token);
        Assert.Equal(0, (await capsule.WaitAsync(CapsuleRoom.Token)).Code);
        Assert.Equal(big, CapsuleRoom.Text(output));
        Assert.Equal("end\n", CapsuleRoom.Text(error));
    }

    [Fact]
    public async Task The_first_attachment_shows_all_from_the_start()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var (exit, output, error) = await room.RunAsync("sh", "-c", "echo early; printf prompt; echo no >&2; exit 2");
        Assert.Equal((2, "early\nprompt", "no\n"), (exit.Code, output, error));
    }

    [Fact]
    public async Task A_terminal_can_be_left_and_joined_again()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync(room.Spec("sh", "-c", "stty -echo; printf 'name? '; read a; echo first $a; read b; echo second $b; tty; exit 5") with { Terminal = true });
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(CapsuleRoom.Token);
        var prompt = new SignalStream("name? ");
        var first = new SignalStream("first one\r\n", prompt);
        var attached = capsule.AttachAsync(new ExecStreams(new OpenStream("one\n", prompt.Seen), first, first), null, leave.Token);
        await first.Seen;
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attached);
        Assert.StartsWith("name? ", CapsuleRoom.Text(first), StringComparison.Ordinal);

        var again = Capsule.TryAdopt(capsule.Folder)!;
        var second = new SignalStream("second two\r\n");
        await again.AttachAsync(new ExecStreams(new OpenStream("two\n", Task.CompletedTask), second, second), null, CapsuleRoom.Token);
        Assert.Contains("/dev/", CapsuleRoom.Text(second), StringComparison.Ordinal);
        Assert.Equal(5, (await again.WaitAsync(CapsuleRoom.Token)).Code);
        Assert.Contains("second two", (await LinesAsync(again)).Select(l => l.Text));
    }

    private static async Task<List<CapsuleLogLine>> LinesAsync(Capsule capsule, bool follow = false, DateTimeOffset? since = null, int? tail = null)
    {
        var lines = new List<CapsuleLogLine>();
        await foreach (var line in CapsuleLog.ReadAsync(capsule.Folder, follow, since, tail, CapsuleRoom.Token))
            lines.Add(line);
        return lines;
    }

    /// <summary>Input that says its text at a time, and then stays open, as a terminal does.</summary>
    private sealed class OpenStream(string text, Task until) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await until;
            if (Read(buffer.Span) is > 0 and var got)
                return got;
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
