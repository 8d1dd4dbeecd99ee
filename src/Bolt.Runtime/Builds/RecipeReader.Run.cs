using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Bolt.Boltfiles;
using Bolt.Packages;

namespace Bolt.Builds;

// What a start would find out, said where it stands.
internal sealed partial class RecipeReader
{
    private static readonly string[] OfCredentials = ["{user}", "{password}", "{database}"];
    private static readonly string[] InUrl = [.. OfCredentials, "{host}", "{port}"];

    private ImmutableArray<string>? Program(string key)
    {
        if (top.Entry(key) is { Value: TomlNode.List list } && list.Items is [] or [TomlNode.Text { Value: "" }, ..])
        {
            findings.Add(RecipeErrors.NoProgram(top.ValueAt(key), key));
        }
        return top.Texts(key);
    }

    // "postgres", "postgres:adm" or numbers. The capsule's passwd has the recipe's users and no others.
    private string User(string key)
    {
        if (top.Text(key) is not { } user)
        {
            return "";
        }
        var parts = user.Split(':');
        if (parts.Length > 2 || parts.Any(p => Number(p) is null && !users.ContainsKey(p)))
        {
            findings.Add(RecipeErrors.UnknownUser(top.ValueAt(key), user, users.Keys));
        }
        return user;
    }

    private ImmutableArray<string> CredentialEnvironment()
    {
        if (top.Table("credential_env", "`credential_env`") is { } table)
        {
            foreach (var entry in table.Node.Entries)
            {
                Filled(entry.Name, entry, (entry.Value as TomlNode.Text)?.Value, OfCredentials);
            }
        }
        return [.. top.Map("credential_env").Select(e => $"{e.Key}={e.Value}")];
    }

    private IEnumerable<RecipeLogin> Logins()
    {
        foreach (var row in top.Rows("auth_env", "a login"))
        {
            var login = new RecipeLogin(row.Text("user") ?? "", row.Text("password") ?? "", row.Text("database") ?? "", row.Text("default_user") ?? "");
            row.RefuseOthers();
            if (login.Password.Length == 0)
            {
                findings.Add(BoltfileErrors.MissingKey(row.At, "password", "the login"));
            }
            yield return login;
        }
    }

    private string? Filled(string key, TomlEntry? entry, string? text, string[] known)
    {
        foreach (var found in Placeholder().Matches(text ?? "").Select(m => m.Value).Where(p => !known.Contains(p) && p != VersionChoice.Placeholder))
        {
            findings.Add(RecipeErrors.UnknownPlaceholder(entry!.Value.At, key, found, known));
        }
        return text;
    }

    [GeneratedRegex(@"\{[a-z]+\}")]
    private static partial Regex Placeholder();
}
