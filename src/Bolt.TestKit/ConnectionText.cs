using System.Globalization;

namespace Bolt.TestKit;

/// <summary>Connection strings as the usual .NET clients of a service read them.</summary>
internal static class ConnectionText
{
    public static string Of(Uri url, ServiceLogin? login) => url.Scheme switch
    {
        "postgres" => string.Create(CultureInfo.InvariantCulture, $"Host={url.Host};Port={url.Port}")
            + (login is null ? "" : $";Username={Quoted(login.User)};Password={Quoted(login.Password)};Database={Quoted(login.Database)}"),
        "redis" => string.Create(CultureInfo.InvariantCulture, $"{url.Host}:{url.Port}")
            + (login is null ? "" : $",user={login.User},password={login.Password}"),
        _ => url.ToString(),
    };

    // DbConnectionStringBuilder's rule: quotes around what holds a separator, doubled inside.
    private static string Quoted(string value) =>
        value.AsSpan().IndexOfAny(";'\"= ") < 0 ? value : "\"" + value.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
