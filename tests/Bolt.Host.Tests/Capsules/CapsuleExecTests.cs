using System.Runtime.CompilerServices;
using System.Text;
using Bolt.Capsules;

namespace Bolt.Host.Tests.Capsules;

public class CapsuleExecTests
{
    [Fact]
    public async Task A_command_has_its_own_streams_and_code()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        var (code, output, error) = await CapsuleRoom.ExecAsync(
            capsule, CapsuleRoom.Command("sh", "-c", "cat; echo no >&2; exit 3"), "typed");
        Assert.Equal((3, "typed", "no\n"), (code, output, error));
    }

    [Fact]
    public async Task It_is_in_the_capsule_as_asked()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        var spec = CapsuleRoom.Command("sh", "-c", "pwd; echo $HOME $EXTRA; cat /proc/1/comm; echo $$ > /tmp/pid; echo done") with
        {
            WorkingDirectory = "/tmp",
            Environment = ["EXTRA=more"],
        };
        var (code, output, _) = await CapsuleRoom.ExecAsync(capsule, spec);
        Assert.Equal(0, code);
        Assert.StartsWith("/tmp\n/ more\n", output, StringComparison.Ordinal);
        Assert.EndsWith("done\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-program", 127)]
    [InlineData("/etc/passwd", 126)]
    [InlineData("/etc/passwd/x", 127)]
    public async Task What_cannot_run_says_so_as_a_shell_does(string command, int expected)
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        var (code, _, error) = await CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command(command));
        Assert.Equal(expected, code);
        Assert.Contains(command, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_has_the_size_that_it_is_told()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        using var output = new MemoryStream();
        var spec = CapsuleRoom.Command("sh", "-c", "stty size; exit 4") with { Terminal = true };
        var code = await capsule.ExecAsync(spec, new ExecStreams(null, output, output), Sizes(new TerminalSize(101, 33)), CapsuleRoom.Token);
        Assert.Equal((4, "33 101\r\n"), (code, CapsuleRoom.Text(output)));
    }

    [Fact]
    public async Task Typing_reaches_a_terminal()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        var (code, output, _) = await CapsuleRoom.ExecAsync(
            capsule, CapsuleRoom.Command("sh", "-c", "read line; echo got $line; cat; exit 6") with { Terminal = true }, "words\n");
        Assert.Equal(6, code);
        Assert.Contains("got words", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hundred_commands_at_once()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        // After its first command its monitor has all that it keeps.
        await CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command("true"));
        var before = Descriptors(capsule);
        var codes = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
            await CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command("sh", "-c", $"echo {i}; exit {i}"))));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (i, $"{i}\n", "")), codes);
        Assert.InRange(Descriptors(capsule), 0, before + 1);
    }

    [Fact]
    public async Task Cancelling_kills_the_command()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(CapsuleRoom.Token);
        var output = new SignalStream("up\n");
        var running = capsule.ExecAsync(
            CapsuleRoom.Command("sh", "-c", "echo up; exec sleep 4242"), new ExecStreams(null, output, output), null, cancel.Token);
        await output.Seen;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        // The shim answers a later request only after it has collected the command.
        var (_, left, _) = await CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"));
        Assert.DoesNotContain("4242", left, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_capsule_ends_its_commands()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        var output = new SignalStream("up\n");
        var running = capsule.ExecAsync(
            CapsuleRoom.Command("sh", "-c", "echo up; exec sleep 1000"), new ExecStreams(null, output, output), null, CapsuleRoom.Token);
        await output.Seen;
        await capsule.StopAsync(TimeSpan.Zero, CapsuleRoom.Token);
        Assert.Equal(137, await running);
    }

    // Of its monitor. A connection that has just ended may still be there.
    private static int Descriptors(Capsule capsule) =>
        Directory.GetFileSystemEntries($"/proc/{CapsuleOwnerTests.ParentOf(capsule.Pid)}/fd").Length;

    private static async IAsyncEnumerable<TerminalSize> Sizes(TerminalSize size, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return size;
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}

/// <summary>Tells when a text has been written, to it and so to another.</summary>
internal sealed class SignalStream(string awaited, SignalStream? also = null) : MemoryStream
{
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Seen => _seen.Task;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        if (Encoding.UTF8.GetString(ToArray()).Contains(awaited, StringComparison.Ordinal))
            _seen.TrySetResult();
        return also?.WriteAsync(buffer, cancellationToken) ?? ValueTask.CompletedTask;
    }
}
