using Bolt.Launch;

namespace Bolt.Runtime.Tests.Launch;

public class IdMapDetectionTests
{
    private const string Passwd = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";

    [Fact]
    public void Root_maps_to_a_range_that_no_login_user_owns() =>
        Assert.Equal(new IdMap(0x70000000, 0x70000000, 0x70000001, 0x70000001, 65535), Of(0, "", ""));

    [Theory]
    [InlineData("alice:100000:65536\n", 100000, 65536)]
    [InlineData("1000:100000:65536\n", 100000, 65536)]
    [InlineData("# comment\nbob:1:65536\nalice:200000:100\nalice:300000:65536\n", 300000, 65536)] // the first that is large enough
    [InlineData("alice:200000:100\nalice:300000:200\n", 300000, 200)] // else the largest
    [InlineData("alice:300000:65534\nalice:400000:99999\n", 300000, 65534)]
    public void A_user_maps_to_his_range(string text, uint first, uint count) =>
        Assert.Equal(new IdMap(1000, 1000, first, first, count), Of(1000, text, text));

    [Theory]
    [InlineData("")]
    [InlineData("bob:100000:65536\n")]
    [InlineData("alice:100000\nalice:x:y\nalice:4294967290:65536\nalice:0:65536\nalice:1:0\n")]
    public void Without_a_range_there_is_one_id(string text) => Assert.Equal(new IdMap(1000, 1000, 0, 0, 0), Of(1000, text, text));

    [Fact]
    public void The_shorter_of_both_ranges_counts() =>
        Assert.Equal(new IdMap(1000, 1000, 100000, 200000, 10), Of(1000, "alice:100000:65536\n", "alice:200000:10\n"));

    [Fact]
    public void Without_the_programs_there_is_one_id() =>
        Assert.True(Of(1000, "alice:100000:65536\n", "alice:100000:65536\n", path => !path.EndsWith("newgidmap", StringComparison.Ordinal)).Single);

    private static IdMap Of(uint uid, string subuid, string subgid, Func<string, bool>? exists = null) => IdMap.Of(
        uid, uid, path => path switch { "/etc/passwd" => Passwd, "/etc/subuid" => subuid, _ => subgid }, exists ?? (_ => true));
}
