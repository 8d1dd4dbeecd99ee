using Bolt.Evidence;

namespace Bolt.Runtime.Tests.Evidence;

public class PublicAddressTests
{
    [Theory]
    [InlineData("https://user:word@host/r.git", "https://host/r.git")]
    [InlineData("https://token@host:8443/r.git", "https://host:8443/r.git")]
    [InlineData("\"https://u:p;w@host/r.git\"", "https://host/r.git")]
    [InlineData("https://user:pa#ss@host/r.git", "https://host/r.git")]
    [InlineData("https://user:pa/ss@host/r.git", "https://host/r.git")]
    [InlineData("https://host:8443/@scope/x@1.tgz", "https://host:8443/@scope/x@1.tgz")]
    [InlineData("https://[::1]:5000/x", "https://[::1]:5000/x")]
    [InlineData("https://host/x", "https://host/x")]
    [InlineData("git@host:owner/r.git", "git@host:owner/r.git")]
    public void Who_asks_is_left_out(string address, string published) => Assert.Equal(published, PublicAddress.Of(address));
}
