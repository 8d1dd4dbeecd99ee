using Bolt.Packages;

namespace Bolt.Runtime.Tests.Packages;

public sealed class DebianVersionTests
{
    // In the order of deb-version(7); each is older than the next.
    [Fact]
    public void Versions_stand_in_Debians_order()
    {
        string[] order =
        [
            "0~~", "0~~a", "0~", "0", "0.1", "0.1-1", "0.1-1+b1", "0.2~rc1-1", "0.2-1", "0.9", "0.10", "1.0~beta1~svn1245",
            "1.0~beta1", "1.0", "1.0a", "1.0+git", "1.0.1", "1.2.3-4~deb12u1", "1.2.3-4", "1.2.3-4+deb12u1", "1.2.3-4+deb12u10", "1:0.1", "2:0",
        ];
        for (var i = 0; i < order.Length; i++)
        {
            for (var j = 0; j < order.Length; j++)
            {
                Assert.Equal(i.CompareTo(j), Math.Sign(DebianVersion.Compare(order[i], order[j])));
            }
        }
    }

    [Theory]
    [InlineData("1.0", "1.0-0")]
    [InlineData("0:1.0", "1.0")]
    [InlineData("1.00", "1.0")]
    [InlineData("01", "1")]
    public void Equal_ones_are_equal(string a, string b) => Assert.Equal(0, DebianVersion.Compare(a, b));

    [Theory]
    [InlineData("2.36-9", ">=", "2.34", true)]
    [InlineData("2.36-9", "<<", "2.36-9", false)]
    [InlineData("2.36-9", "=", "2.36-9", true)]
    [InlineData("2.36-9", ">>", "2.36", true)]
    [InlineData("2.36-9", "<=", "2.36-8", false)]
    [InlineData("2.36-9", "?", "1", false)]
    public void Relations_hold_or_do_not(string version, string relation, string wanted, bool holds) =>
        Assert.Equal(holds, DebianVersion.Satisfies(version, relation, wanted));

    [Theory]
    [InlineData("5:7.0.15-1~deb12u5", "7.0.15")]
    [InlineData("1.22.1-9+deb12u11", "1.22.1")]
    [InlineData("12.4+deb12u15", "12.4+deb12u15")]
    public void The_upstream_part_is_between_epoch_and_revision(string version, string upstream) =>
        Assert.Equal(upstream, DebianVersion.Upstream(version));
}
