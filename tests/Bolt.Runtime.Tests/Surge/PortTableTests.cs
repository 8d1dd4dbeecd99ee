using Bolt.Networking;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

public class PortTableTests
{
    private static readonly Stack Wanted = Shop.Stack();

    private static (string Ports, string Codes) Settle(Func<PublishedPort, PortFinding> check, bool strict = false, params PublishedRecord[] kept)
    {
        var settled = PortTable.Settle(Wanted, [.. kept], strict, check);
        return (string.Join(' ', settled.Value!.Select(p => $"{p.Port.Asked}->{p.Port.HostPort}")), string.Join(' ', settled.Diagnostics.Select(d => d.Code)));
    }

    [Fact]
    public void A_free_port_is_taken() => Assert.Equal(("80->80", ""), Settle(p => new PortFinding.Free(p.HostPort)));

    [Fact]
    public void A_denied_port_moves_by_8000_and_says_so() => Assert.Equal(("80->8080", "BOLT6006"),
        Settle(p => p.HostPort < 1024 ? new PortFinding.Denied(1024) : new PortFinding.Free(p.HostPort)));

    [Fact]
    public void A_denied_port_is_an_error_when_strict() => Assert.Equal(("", "BOLT6007"), Settle(_ => new PortFinding.Denied(1024), strict: true));

    [Fact]
    public void A_port_in_use_is_an_error() => Assert.Equal(("", "BOLT6005"), Settle(_ => new PortFinding.InUse("nginx (pid 7)")));

    [Fact]
    public void A_moved_port_in_use_is_an_error_alone() => Assert.Equal(("", "BOLT6005"),
        Settle(p => p.HostPort < 1024 ? new PortFinding.Denied(1024) : new PortFinding.InUse(null)));

    [Fact]
    public void A_port_that_has_moved_is_an_error_when_strict() => Assert.Equal(("", "BOLT6007"),
        Settle(_ => throw new InvalidOperationException("asked"), true, new PublishedRecord("web", new PortStatus("127.0.0.1", 8080, 80, "tcp", 80))));

    [Fact]
    public void What_is_published_already_is_not_asked_for_again() => Assert.Equal(("80->8080", ""),
        Settle(_ => throw new InvalidOperationException("asked"), false, new PublishedRecord("web", new PortStatus("127.0.0.1", 8080, 80, "tcp", 80))));
}
