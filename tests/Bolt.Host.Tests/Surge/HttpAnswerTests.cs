using System.Net;
using System.Net.Sockets;
using Bolt.Surge;

namespace Bolt.Host.Tests.Surge;

public class HttpAnswerTests
{
    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("")]
    public async Task Anything_said_and_a_close_in_good_order_are_an_answer(string said)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var answer = AskAsync((IPEndPoint)server.LocalEndpoint);
        using (var taken = await server.AcceptSocketAsync(TestContext.Current.CancellationToken))
        {
            // All of the question: a close with unread bytes would be a reset.
            var heard = "";
            var bytes = new byte[256];
            while (!heard.EndsWith("\r\n\r\n", StringComparison.Ordinal))
                heard += System.Text.Encoding.ASCII.GetString(bytes, 0, await taken.ReceiveAsync(bytes, TestContext.Current.CancellationToken));
            Assert.StartsWith("OPTIONS * HTTP/1.1\r\nHost: ", heard, StringComparison.Ordinal);
            Assert.False(answer.IsCompleted);
            await taken.SendAsync(System.Text.Encoding.ASCII.GetBytes(said), TestContext.Current.CancellationToken);
            taken.Shutdown(SocketShutdown.Send);
        }
        Assert.True(await answer);
    }

    [Fact]
    public async Task A_refused_and_a_reset_connection_are_none()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var at = (IPEndPoint)server.LocalEndpoint;
        var answer = AskAsync(at);
        using (var taken = await server.AcceptSocketAsync(TestContext.Current.CancellationToken)) taken.LingerState = new LingerOption(true, 0);
        Assert.False(await answer);
        server.Stop();
        Assert.False(await AskAsync(at));
    }

    [Fact]
    public async Task A_connection_that_the_kernel_alone_has_taken_is_none_yet()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var patience = new CancellationTokenSource();
        var answer = AskAsync((IPEndPoint)server.LocalEndpoint, patience.Token);
        // The question lies in the kernel's queue: it has been sent, and no program has read it.
        Assert.True(server.Server.Poll(TimeSpan.FromMinutes(1), SelectMode.SelectRead));
        Assert.False(answer.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
    }

    private static async Task<bool> AskAsync(IPEndPoint at, CancellationToken cancellation = default)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        return await HttpAnswer.IsThereAsync(socket, at, cancellation);
    }
}
