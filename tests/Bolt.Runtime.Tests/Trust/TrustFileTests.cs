using Bolt.Images;
using Bolt.Trust;

namespace Bolt.Runtime.Tests.Trust;

public class TrustFileTests
{
    private const string File = "/etc/bolt/trust.toml";
    private const string Policy = """
        # Who signs what.
        default = "require"

        [repositories."ghcr.io/owner/*"]
        keys = ["owner.pub", "/keys/other.pub"]

        # The one that nobody signs.
        [repositories."ghcr.io/owner/old"]
        mode = "accept"
        """;

    [Fact]
    public void The_longest_rule_wins_and_keys_lie_beside_the_file()
    {
        var policy = TrustFile.Parse(File, Policy).Value!;
        Assert.Equal(["/etc/bolt/owner.pub", "/keys/other.pub"], policy.For(Ref("ghcr.io/owner/app:1")).Keys);
        Assert.Equal(TrustMode.Accept, policy.For(Ref("ghcr.io/owner/old")).Mode);
        Assert.Equal(TrustMode.Require, policy.For(Ref("ghcr.io/owner/old/deeper")).Mode);
        Assert.Equal(TrustMode.Require, policy.For(Ref("nginx")).Mode);
        Assert.Equal(TrustMode.Require, policy.For(Ref("ghcr.io/owner2/app")).Mode);
        Assert.Empty(policy.For(Ref("ghcr.io/owner2/app")).Keys);
    }

    [Theory]
    [InlineData("127.0.0.1:5000/x", TrustMode.Accept)]
    [InlineData("localhost/x", TrustMode.Accept)]
    [InlineData("[::1]:5000/x", TrustMode.Accept)]
    [InlineData("localhost.example/x", TrustMode.Warn)]
    [InlineData("127.example:5000/x", TrustMode.Warn)]
    [InlineData("nginx", TrustMode.Warn)]
    public void Without_a_policy_only_registries_of_this_machine_are_taken_as_they_are(string image, TrustMode mode) =>
        Assert.Equal(mode, TrustPolicy.Absent.For(Ref(image)).Mode);

    [Fact]
    public void Every_mistake_is_said_where_it_stands()
    {
        var read = TrustFile.Parse("trust.toml", """
            default = "maybe"
            defualt = "warn"
            [repositories."nginx"]
            keys = ["a.pub"]
            [repositories."ghcr.io/x:1"]
            keys = ["a.pub"]
            [repositories."ghcr.io/y"]
            mode = "warn"
            [repositories."ghcr.io/z"]
            keys = "a.pub"
            """);
        Golden.Check("Trust/bad-policy", string.Join('\n', read.Diagnostics.Select(d => $"{d.At?.Line}:{d.At?.Column} {d.Code} {d.Message}; fix: {d.Fix}")));
    }

    [Fact]
    public void Edits_keep_what_they_do_not_mean()
    {
        var added = TrustFile.WithRule(Policy, new TrustRule("ghcr.io/owner/*", TrustMode.Warn, ["/etc/bolt/new.pub"]), "/etc/bolt");
        added = TrustFile.WithRule(added, new TrustRule("docker.io/library/nginx", TrustMode.Require, ["/keys/n.pub"]), "/etc/bolt");
        Golden.Check("Trust/edited", TrustFile.WithDefault(TrustFile.WithoutRule(added, "ghcr.io/owner/old"), TrustMode.Accept));
        var policy = TrustFile.Parse(File, TrustFile.WithDefault("", TrustMode.Require)).Value!;
        Assert.Equal(TrustMode.Require, policy.Default);
    }

    [Fact]
    public async Task An_edit_that_would_not_be_read_as_meant_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("bolt-trust-");
        var path = folder.FullName + "/trust.toml";
        // The same table in another spelling: taking away its lines finds nothing.
        const string text = "repositories.\"ghcr.io/x\".keys = [\"a.pub\"]\n";
        System.IO.File.WriteAllText(path, text);
        var error = await Assert.ThrowsAsync<Bolt.Diagnostics.BoltException>(() => new BoltRuntime(Options(path)).RemoveTrustRuleAsync("ghcr.io/x", TestContext.Current.CancellationToken));
        Assert.Equal(("BOLT2522", text), (error.Diagnostic.Code, System.IO.File.ReadAllText(path)));
        folder.Delete(recursive: true);
    }

    private static BoltOptions Options(string file) => new() { StateFolder = "/nowhere", RunFolder = "/nowhere", CacheFolder = "/nowhere", TrustFile = file };

    private static ImageReference Ref(string text) => ImageReference.Parse(text).Value!;
}
