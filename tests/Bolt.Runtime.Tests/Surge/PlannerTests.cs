using System.Collections.Immutable;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

public class PlannerTests
{
    private static readonly Stack Wanted = Shop.Stack();

    private static void Check(string name, Observed observed, UpOptions? options = null, Stack? stack = null) =>
        Golden.Check($"Surge/plans/{name}", Planner.Plan(stack ?? Wanted, observed, options ?? Shop.Up()).ToString());

    private static Observed With(Observed observed, string service, Func<ObservedService, ObservedService> change) =>
        observed with { Services = [.. observed.Services.Select(s => s.Name == service ? change(s) : s)] };

    [Fact]
    public void From_nothing() => Check("from-nothing", Shop.Nothing);

    [Fact]
    public void Only_one_and_what_it_needs() => Check("only-api", Shop.Nothing, Shop.Up("api"));

    [Fact]
    public void Nothing_to_do() => Check("nothing", Shop.Up(Wanted));

    [Fact]
    public void A_new_owner_adopts() => Check("adopt", Shop.Up(Wanted, supervised: false));

    [Fact]
    public void A_volume_that_is_there_is_not_made() => Check("volume-there", Shop.Nothing with { Volumes = ["db"] });

    [Fact]
    public void Settings_changed() => Check("settings-changed", With(Shop.Up(Wanted), "api", s => s with { Hash = "other" }));

    [Fact]
    public void Source_changed() => Check("source-changed", With(Shop.Up(Wanted), "api", s => s with { SourceMark = "newer" }));

    [Fact]
    public void One_died() => Check("one-died", With(Shop.Up(Wanted, supervised: false), "db", s => s with { Running = false }));

    [Fact]
    public void Asked_to_start_anew() => Check("force", Shop.Up(Wanted), Shop.Up("db") with { ForceRecreate = true });

    [Fact]
    public void A_service_is_gone_from_the_file() => Check("service-gone",
        Shop.Up(Wanted) with { Services = Shop.Up(Wanted).Services.Add(new ObservedService("old", "h", "m", "", true, true, false)) });

    [Fact]
    public void The_network_died() => Check("network-died", Shop.Up(Wanted, supervised: false) with { Network = null });

    [Fact]
    public void The_subnet_changed() => Check("subnet-changed", Shop.Up(Wanted) with { Network = new ObservedNetwork("10.1.0.0/24", "h") });

    [Fact]
    public void A_port_changed()
    {
        var stack = Shop.Stack(Shop.Text.Replace("80:80", "81:80", StringComparison.Ordinal));
        Check("port-changed", Shop.Up(Wanted), stack: stack);
    }

    [Fact]
    public void Steps_only_need_steps_before_them()
    {
        foreach (var observed in new[] { Shop.Nothing, Shop.Up(Wanted, false) with { Network = null } })
        {
            var seen = new HashSet<string>();
            foreach (var step in Planner.Plan(Wanted, observed, Shop.Up()).Steps)
            {
                Assert.All(step.Needs, n => Assert.Contains(n, seen));
                Assert.True(seen.Add(step.Id), $"{step.Id} is there twice");
            }
        }
    }
}
