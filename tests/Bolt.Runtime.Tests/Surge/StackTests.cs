using System.Collections.Immutable;
using System.Net;
using System.Text;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

public class StackTests
{
    [Fact]
    public void A_Boltfile_resolves()
    {
        var stack = Shop.Stack();
        var text = new StringBuilder($"{stack.Name} {stack.Subnet} strict={stack.StrictPorts}\n");
        foreach (var service in stack.Services)
        {
            text.Append($"{service.Name} {service.Source} {service.Address} after=[{string.Join(' ', service.DependsOn)}]\n");
            foreach (var (name, value) in service.Env) text.Append($"  env {name} = {value}\n");
            foreach (var mount in service.Mounts) text.Append($"  {mount}\n");
            if (service.StorageVolume is not null) text.Append($"  storage {service.StorageVolume}\n");
        }
        foreach (var volume in stack.Volumes) text.Append($"volume {volume.Name} {volume.Size}\n");
        text.Append("start order: ").AppendJoin(' ', stack.InStartOrder([]).Select(s => s.Name)).Append('\n');
        text.Append("for api: ").AppendJoin(' ', stack.InStartOrder(["api"]).Select(s => s.Name)).Append('\n');
        Golden.Check("Surge/resolved", text.ToString());
    }

    [Theory]
    [InlineData("MODE = \"test\"", "MODE = \"live\"", "api")]
    [InlineData("password = \"secret\"", "password = \"other\"", "api db")]
    [InlineData("./site", "./pages", "web")]
    [InlineData("5Gi", "6Gi", "db")]
    public void A_hash_changes_with_what_it_stands_for(string from, string to, string changed)
    {
        var before = Shop.Stack();
        var after = Shop.Stack(Shop.Text.Replace(from, to, StringComparison.Ordinal));
        Assert.Equal(changed.Split(' '), before.Services.Where(s => s.Hash != after[s.Name].Hash).Select(s => s.Name).Order());
    }

    [Fact]
    public void Known_addresses_are_kept()
    {
        var inputs = Shop.Inputs with
        {
            KnownAddresses = ImmutableDictionary<string, IPAddress>.Empty.Add("db", Shop.Stack()["web"].Address),
        };
        var stack = Shop.Stack(inputs: inputs);
        Assert.Equal(Shop.Stack()["web"].Address, stack["db"].Address);
        Assert.Equal(3, stack.Services.Select(s => s.Address).Distinct().Count());
    }

    [Fact]
    public void Circles_and_strangers_are_findings()
    {
        var file = Shop.File();
        var services = file.Services.Select(s => s.Name == "db" ? s with { DependsOn = ["web", "cache"] } : s).ToImmutableArray();
        var found = Stack.Resolve(file with { Services = services }, Shop.Inputs);
        Assert.Null(found.Value);
        Assert.Equal(["BOLT6001", "BOLT6002"], found.Diagnostics.Select(d => d.Code).Order());
    }

    [Fact]
    public void Two_folders_are_two_stacks()
    {
        var one = StackName.Of(Shop.File());
        var two = StackName.Of(Shop.File() with { Path = "/srv/other/Boltfile.toml" });
        Assert.NotEqual(one, two);
        Assert.Matches("^shop-[0-9a-f]{8}$", one.Id);
        Assert.False(new StackName("../x").IsValid);
    }
}
